from argparse import Namespace
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.commands import BadInput
from providers.simulator.options import add_options, run


class Command(BaseCommand):
    """Start the provider simulator; see providers/simulator/plan.py for what it can be told."""

    help = (
        "A provider that speaks Mitto's wire format and fails as it is told to. It needs neither database nor broker."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        add_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run(Namespace(**options))
        except (ValueError, OSError) as error:
            raise BadInput("BAD_PLAN", str(error)) from error
