"""Every write to people and accounts: verb functions with an actor, one transaction, the audit row in it."""
