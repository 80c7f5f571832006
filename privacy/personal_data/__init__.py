"""The data map of this application, and of the tables and places that all of them share, by concept."""

from privacy.personal_data import consent, erasure, platform

__all__ = ["consent", "erasure", "platform"]
