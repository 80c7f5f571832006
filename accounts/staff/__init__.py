"""The second factor of the staff service: keys, setting them, and stepping up."""
