#!/usr/bin/env python
"""Run a command of the project: `python manage.py help` lists them."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # These two bring servers of their own, which is to be decided before the settings are read.
    if sys.argv[1:2] == ["crash_drill"]:
        from messaging.drill.place import environment as drill

        os.environ.update(drill())
    elif sys.argv[1:2] == ["benchmark"]:
        from messaging.benchmark.place import environment as benchmark

        os.environ.update(benchmark())
    execute_from_command_line(sys.argv)
