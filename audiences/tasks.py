"""Addresses of the work that audiences does in the background."""

from celery import shared_task

from audiences import imports
from audiences.services import opt_in
from config.queues import Task
from config.sweeps import sweep

# How long one task goes on before it makes room for others and rings again.
SLICE_SECONDS = 20.0


@shared_task(name=Task.RUN_IMPORT.value)
def run_import(import_id: int) -> dict[str, int]:
    """Import a file, from where it stands."""
    return imports.run_import(import_id, seconds=SLICE_SECONDS)


@sweep(Task.RESUME_IMPORTS)
def resume_imports() -> dict[str, int]:
    """Ring again for imports that nobody works on."""
    return imports.resume_imports()


@sweep(Task.EXPIRE_OPT_INS)
def expire_opt_ins() -> dict[str, int]:
    """Sign-ups that nobody confirmed in time."""
    return opt_in.expire(limit=200)
