"""The JSON API of billing: plans, profile, payment requests, the subscription and its invoices, for owners."""
