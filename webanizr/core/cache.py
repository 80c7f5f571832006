"""Django's Redis cache, made to survive Redis: a cache that is away is a cache that knows nothing."""

from __future__ import annotations

import logging
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


class ResilientRedisCache(RedisCache):
    """Answers "not known" when Redis can't be reached. Nothing that must not be lost is ever kept in it."""

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Return the value or `default`."""
        try:
            return super().get(key, default, version)
        except RedisError as error:
            log.warning("cache away: %s", type(error).__name__)
            return default

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        """Store the value, if possible."""
        try:
            super().set(key, value, *args, **kwargs)
        except RedisError as error:
            log.warning("cache away: %s", type(error).__name__)

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Forget the value, if possible."""
        try:
            return super().delete(key, version)
        except RedisError as error:
            log.warning("cache away: %s", type(error).__name__)
            return False
