"""Reads of the builder. One access function per object: a stranger gets 404."""
