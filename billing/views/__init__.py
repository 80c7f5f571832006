"""Billing's screens: the customer's in the app service, the billing team's in the staff service."""
