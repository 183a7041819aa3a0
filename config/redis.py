"""One Redis client per process. Redis holds hints and rate limits: it may vanish at any moment."""

from functools import cache
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry


@cache
def client() -> redis.Redis:
    """The client with time-outs of its own: redis-py 8 waits 5 s and tries again, far too long inside a request."""
    options: dict[str, Any] = {"socket_timeout": 1, "retry": Retry(NoBackoff(), 0)}
    if not settings.REDIS_URL.startswith("unix"):
        options |= {"socket_connect_timeout": 1, "socket_keepalive": True, "health_check_interval": 10}
    return redis.Redis.from_url(settings.REDIS_URL, **options)
