"""Template tags of the sites application."""
