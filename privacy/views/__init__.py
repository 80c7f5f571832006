"""Pages: for everybody, help and the privacy centre for customers, the console for staff."""
