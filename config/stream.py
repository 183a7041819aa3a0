"""What uvicorn serves (process `stream`)."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from messaging.stream.server import Stream  # noqa: E402 - the apps must be loaded first

application = Stream()
