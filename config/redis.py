"""One Redis client per process. Redis holds hints and rate limits: it may vanish at any moment."""

from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry


@cache
def client() -> redis.Redis:
    """The client, with its own time-outs: redis-py 8 waits 5 s and retries by default, which is far too long in a request."""
    return (
        redis.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=1,
            socket_connect_timeout=1,
            socket_keepalive=True,
            health_check_interval=10,
            retry=Retry(NoBackoff(), 0),
        )
        if not settings.REDIS_URL.startswith("unix")
        else redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, retry=Retry(NoBackoff(), 0))
    )
