"""What visitors of customers' sites get: published bytes and form intake."""
