"""`manage.py compile_texts`: every .po becomes the .mo that is loaded."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.gettext_files import read_po, write_mo


class Command(BaseCommand):
    """Writes the .mo files anew; they are committed, so that a clone needs no gettext tools."""

    help = "Compile the translations in LOCALE_PATHS, without the gettext tools."

    def handle(self, *args: Any, **options: Any) -> None:
        """Each .po of LOCALE_PATHS."""
        for folder in settings.LOCALE_PATHS:
            for po in sorted(Path(folder).glob("*/LC_MESSAGES/*.po")):
                catalog = read_po(po)
                po.with_suffix(".mo").write_bytes(write_mo(catalog))
                self.stdout.write(f"{po.parent.parent.name}: {len(catalog) - 1} texts")
