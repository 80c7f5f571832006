"""The systems outside Webanizr: what they have in common, and the statistics. See docs/connectors.md."""
