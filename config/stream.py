"""What uvicorn serves (process `stream`)."""

import os
import resource

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

# A connection is a file: the usual soft limit of 1024 is a thousand readers.
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
wanted = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))

from messaging.stream.server import Stream  # noqa: E402 - the apps must be loaded first

application = Stream()
