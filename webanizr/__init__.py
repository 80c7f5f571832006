"""Webanizr: a website builder whose privacy statement is enforced by the system itself."""
