"""The benchmark's surroundings: everything as in production, and no waits of its own. Plain Python, read before Django.

What the caller has set (SMS_BATCH_SIZE, SEND_CONCURRENCY, WEB_WORKERS …) stays as it is, so that it can be tried out.
"""

import os

from messaging.proving.place import surroundings

# DEBUG would keep every statement in memory. No TLS on this machine's own loopback.
PRODUCTION = {
    "DEBUG": "0",
    "ALLOWED_HOSTS": "127.0.0.1",
    "SECURE_SSL_REDIRECT": "0",
    "API_KEYS_NEED_TLS": "0",
    "LOG_LEVEL": "WARNING",
    # Nobody asks after messages whose receipts a road has not sent yet.
    "POLL_AFTER_SECONDS": "86400",
    "QUOTE_VALID_SECONDS": "86400",
}
# What docs/scaling.md recommends for a small machine; PostgreSQL's defaults checkpoint all the time under such a load.
POSTGRES = {
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "15min",
    "log_min_duration_statement": "2000",
}


def environment() -> dict[str, str]:
    """Make the benchmark's folder and its variables."""
    return surroundings("benchmark", {name: os.environ.get(name, value) for name, value in PRODUCTION.items()})
