"""A mark whose answer got lost: nobody was called, so the batch goes back instead of waiting for evidence in vain."""

import logging
import time

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from campaigns.queries import claim

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.25


def unmark(*, batch_id: int, fence: int) -> bool:
    """Take the mark back over a new connection, whether it was committed or not.

    Tries for half of the time after which a sweep gives the call up as lost, then leaves it to the sweep. False when
    nothing could be taken back.
    """
    ends = time.monotonic() + settings.SEND_CALL_STALE_SECONDS / 2
    while time.monotonic() < ends:
        connection.close()
        try:
            taken = claim.unmark(batch_id=batch_id, fence=fence)
        except (OperationalError, InterfaceError):
            time.sleep(PAUSE_SECONDS)
        else:
            log.warning("mark_taken_back", extra={"batch_id": batch_id, "taken": taken})
            return taken
    return False
