"""Writes of billing: verb functions, each in one transaction with its audit row."""
