"""Reading what came in: overview, inbox, exports."""
