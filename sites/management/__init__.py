"""Commands of the sites application."""
