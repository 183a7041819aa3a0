"""Following a link: where it leads, and the click written down. What goes wrong keeps nobody from going on."""

import logging
import threading
from collections import OrderedDict

from django.db import Error, transaction

from campaigns.links.codes import Mark
from messaging.links import queries
from messaging.links.robots import INSTANT
from messaging.models import Click

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 2.0  # for each statement: somebody is waiting in front of a white screen
REMEMBERED = 10_000


class Unreachable(Exception):
    """The database is away, and this link was not followed lately: try again in a moment."""


class _Lately:
    """Where the last links led that this process was asked for, for when the database is away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._urls: OrderedDict[Mark, str] = OrderedDict()

    def keep(self, mark: Mark, url: str) -> None:
        with self._lock:
            self._urls[mark] = url
            self._urls.move_to_end(mark)
            if len(self._urls) > REMEMBERED:
                self._urls.popitem(last=False)

    def url(self, mark: Mark) -> str | None:
        with self._lock:
            return self._urls.get(mark)


_lately = _Lately()


def follow(mark: Mark, *, robot: str) -> str | None:
    """Where the link leads, None when it leads nowhere; the click is written down, if that is possible.

    `robot`: what gave one away, or ''. Two statements. Raises Unreachable.
    """
    target: queries.Target | None = None
    try:
        with transaction.atomic():
            queries.hurry(PATIENCE_SECONDS)
            target = queries.target(**mark._asdict())
            if target is not None:
                _write_down(mark, target, robot=robot or (INSTANT if target.instant else ""))
    except Error:
        log.warning("click_not_stored", exc_info=True)
        return target.url if target else _from_memory(mark)
    if target is None:
        return None
    _lately.keep(mark, target.url)
    return target.url


def _write_down(mark: Mark, target: queries.Target, *, robot: str) -> None:
    Click.objects.create(
        store_id=target.store_id,
        campaign_id=target.campaign_id,
        recipient_id=mark.recipient_id,
        contact_id=target.contact_id,
        number=mark.number,
        human=not robot,
        robot=robot,
    )


def _from_memory(mark: Mark) -> str:
    url = _lately.url(mark)
    if url is None:
        raise Unreachable
    return url
