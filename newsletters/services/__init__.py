"""Writes of the newsletter: verb functions, each in one transaction with its line in the ledger and its outbox row."""
