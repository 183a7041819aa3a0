"""Redis clients of a process: for hints and rate limits, and for asking the broker. Either may vanish at any moment."""

from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry


@cache
def client() -> redis.Redis:
    """The client of REDIS_URL."""
    return _client(settings.REDIS_URL)


@cache
def broker() -> redis.Redis:
    """The client of CELERY_BROKER_URL, which may be another server. For `broker_is_redis` alone."""
    return _client(plain(settings.CELERY_BROKER_URL))


def broker_is_redis() -> bool:
    """Whether rings travel through Redis; RabbitMQ does as well."""
    address: str = settings.CELERY_BROKER_URL
    return address.startswith(("redis://", "rediss://", "redis+socket://", "unix://"))


def _client(url: str) -> redis.Redis:
    """A client with time-outs of its own: redis-py 8 waits 5 s and tries again, far too long inside a request."""
    options: dict[str, Any] = {"socket_timeout": 1, "retry": Retry(NoBackoff(), 0)}
    if not url.startswith("unix"):
        options |= {"socket_connect_timeout": 1, "socket_keepalive": True, "health_check_interval": 10}
    return redis.Redis.from_url(url, **options)


def plain(url: str) -> str:
    """A broker's address as redis-py writes it: Celery has a scheme for sockets and words for TLS of its own."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if database := query.pop("virtual_host", "").strip("/"):
        query["db"] = database
    if "ssl_cert_reqs" in query:
        query["ssl_cert_reqs"] = query["ssl_cert_reqs"].lower().removeprefix("cert_")
    scheme = "unix" if parts.scheme == "redis+socket" else parts.scheme
    asked = urlencode(query, safe="/")
    return f"{scheme}://{parts.netloc}{parts.path}{'?' if asked else ''}{asked}"
