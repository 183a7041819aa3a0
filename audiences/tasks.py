"""Addresses of the work that audiences does in the background."""

from celery import shared_task

from audiences import imports
from config.queues import Task
from config.sweeps import sweep


@shared_task(name=Task.RUN_IMPORT.value)
def run_import(import_id: int) -> dict[str, int]:
    """Import a file, from where it stands."""
    return imports.run_import(import_id)


@sweep(Task.RESUME_IMPORTS)
def resume_imports() -> dict[str, int]:
    """Ring again for imports that nobody works on."""
    return imports.resume_imports()
