"""Every write of the builder: verb functions with keyword-only arguments and an actor."""
