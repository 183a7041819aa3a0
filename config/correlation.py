"""Request -> task -> batch: what is bound to log lines travels with the ring, and is taken off when the task ends.

django-structlog puts what is bound into the ring's headers. Its own receivers in workers are not used: they log an
error's words, which may quote a row, and two lines per ring.
"""

from typing import Any

import structlog
from celery.signals import task_postrun, task_prerun
from django.dispatch import receiver
from django_structlog.celery.signals import modify_context_before_task_publish

# What a ring carries: whose request it was. A batch is its own task's business, an address of the internet nobody's.
CARRIED = ("request_id", "parent_task_id", "store_id", "actor")


@receiver(modify_context_before_task_publish)
def carry(context: dict[str, Any], **_: object) -> None:
    """Leave in a ring's headers what is in CARRIED."""
    for name in [name for name in context if name not in CARRIED]:
        del context[name]


@task_prerun.connect
def bind(task_id: str, task: Any, **_: object) -> None:
    """A task begins: its lines carry its id and name, and the request that it was rung for."""
    carried = getattr(task.request, "__django_structlog__", None) or {}
    known = {name: carried[name] for name in CARRIED if name in carried}
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**known, task_id=task_id, task=task.name)


@task_postrun.connect
def unbind(**_: object) -> None:
    """A task is over: the thread's next lines are not its."""
    structlog.contextvars.clear_contextvars()
