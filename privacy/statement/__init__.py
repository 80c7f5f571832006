"""The published privacy statement: fixed words, and tables that come from the data map and the list of processors.

Serves all promises: what the statement says about columns, terms and recipients is what the system works with.
"""
