"""The product's settings, with quick hashers and no log noise; everything else is real."""

import os
import re

os.environ.setdefault("SECRET_KEY", "tests-only-" + "0123456789abcdef" * 4)
os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("DATABASE_URL", "postgres://postgres@127.0.0.1:5432/heliograph")
os.environ.setdefault("LOG_LEVEL", "ERROR")
os.environ.setdefault("STREAM_URL", "http://127.0.0.1:9")  # nobody: a stream of some demo must not be taken for ours
# No limits, also in the processes that tests start: tests of the limits say which one they are about.
os.environ.setdefault("API_RATE_GENERAL", "0")
os.environ.setdefault("API_RATE_SEND", "0")
os.environ.setdefault("API_RATE_IMPORT", "0")
os.environ.setdefault("API_RATE_EVENTS", "0")
os.environ.setdefault("TEST_SENDS_PER_HOUR", "1000000")
os.environ.setdefault("PUBLIC_RATE", "0")
os.environ.setdefault("JOIN_RATE_ADDRESS", "0")
os.environ.setdefault("JOIN_RATE_STORE", "0")
# Other connections do not see what a test has not committed; tests of several writers say so.
os.environ.setdefault("IMPORT_WRITERS", "1")
# Workers of pytest-xdist share one Redis, and tests count and empty its queues: each worker has a database of its own.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    for name in ("REDIS_URL", "CELERY_BROKER_URL"):
        if address := os.environ.get(name):
            os.environ[name] = re.sub(r"(?<=[/=])\d+$", str(1 + int(worker.removeprefix("gw"))), address)

from config.settings import *  # noqa: F403

DEBUG = False
SECURE_SSL_REDIRECT = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["*"]
