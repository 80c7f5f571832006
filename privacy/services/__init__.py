"""What changes this application's tables."""
