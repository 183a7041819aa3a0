#!/usr/bin/env python
"""Run a command of the project: `python manage.py help` lists them."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["crash_drill"]:
        from messaging.drill.place import environment  # servers of its own, decided before the settings are read

        os.environ.update(environment())
    execute_from_command_line(sys.argv)
