"""The JSON API: what the browser can do, a program can, through the same services."""
