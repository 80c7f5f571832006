"""What reads this application's tables."""
