"""The page that says with whom somebody's data was shared, and lets them say no to the statistics."""
