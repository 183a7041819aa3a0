"""After the provider has spoken its word must not be lost: settle again and again, and keep it on disk meanwhile."""

import logging
import time
from itertools import count

from django.db import InterfaceError, OperationalError, connection

from config.sql import is_transient
from messaging.sending import spool
from messaging.sending.settle import Settlement, settle

log = logging.getLogger(__name__)

KEEP_TRYING_SECONDS = 600.0
LONGEST_PAUSE_SECONDS = 5.0


def keep_trying(work: Settlement) -> dict[str, int]:
    """Settle, through deadlocks and database restarts; never calls the provider.

    The first time the database is away the outcome is written to the spool (fsync) before anything else. When ten
    minutes did not help, the worker goes on and `replay` settles the spooled outcome. Any other error is spooled, too,
    and raised. Returns what `settle` returns; empty when it was left to the spool.
    """
    ends = time.monotonic() + KEEP_TRYING_SECONDS
    spooled = False
    for turn in count():
        try:
            counts = settle(work)
        except (OperationalError, InterfaceError) as error:
            if not (isinstance(error, OperationalError) and is_transient(error)):
                spooled = _spool(work, spooled=spooled)
                connection.close()
            if time.monotonic() >= ends:
                _spool(work, spooled=spooled)
                log.exception("outcome_left_to_spool", extra={"batch_id": work.batch_id})
                return {}
            time.sleep(min(0.05 * 2**turn, LONGEST_PAUSE_SECONDS))
        except Exception:
            _spool(work, spooled=spooled)
            raise
        else:
            if spooled:
                spool.remove(batch_id=work.batch_id, attempt=work.attempt)
            return counts
    raise AssertionError("count() does not end")


def _spool(work: Settlement, *, spooled: bool) -> bool:
    if not spooled:
        spool.write(work)
    return True


def replay(*, limit: int) -> dict[str, int]:
    """Settle outcomes that were spooled on this machine, by the same idempotent settle. {found, settled, failed}."""
    counts = {"found": 0, "settled": 0, "failed": 0}
    for work in spool.waiting(limit=limit, older_than_seconds=KEEP_TRYING_SECONDS):
        counts["found"] += 1
        try:
            settle(work)
        except Exception:
            log.exception("spooled_outcome_not_settled", extra={"batch_id": work.batch_id})
            counts["failed"] += 1
        else:
            spool.remove(batch_id=work.batch_id, attempt=work.attempt)
            counts["settled"] += 1
    return counts
