"""Pushes receipts and inbound messages to the webhook: delayed, shuffled, doubled, lost, retried, as the plan says."""

import queue
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from providers.http import Endpoint, Interrupted, NotSent, ThreadConnections
from providers.simulator.dialect import Dialect, Post, Said
from providers.simulator.dialects import dialect_of
from providers.simulator.ledger import Ledger, Message
from providers.simulator.plan import Plan
from providers.simulator.schedule import TICKS_PER_SECOND, Schedule, due_receipts, said_after, unpack

_SENDERS: Final = 4
_POST_SECONDS: Final = 15.0


class _Group(NamedTuple):
    """Receipts that go in one POST; `attempt` counts from 0."""

    packed: list[int]
    attempt: int


class Webhook:
    """POSTs to one address, whatever its query, on one kept connection per thread."""

    def __init__(self, url: str) -> None:
        self._connections = ThreadConnections(Endpoint.of(url))

    def post(self, query: str, post: Post) -> int:
        """The status that came back, 0 when nothing did."""
        try:
            connection = self._connections.get(_POST_SECONDS)
            return connection.exchange(
                "POST", query, headers=post.headers, body=post.body, deadline_seconds=_POST_SECONDS
            ).status
        except (NotSent, Interrupted):
            return 0


class ReceiptPusher:
    """Owns the schedule and the threads that empty it. `plan` is asked for each POST, so a new plan acts at once."""

    def __init__(self, ledger: Ledger, plan: Callable[[], Plan]) -> None:
        self._ledger, self._plan = ledger, plan
        self._schedule = Schedule()
        self._due: queue.Queue[_Group] = queue.Queue(maxsize=256)
        self._retries: list[tuple[float, _Group]] = []
        self._under_way = self._unread = 0
        # Re-entrant: what is taken is counted as under way under the same lock, so that `pending` is never short.
        self._lock = threading.RLock()
        self._stopped = threading.Event()
        self._webhooks: dict[str, Webhook] = {}

    def start(self) -> None:
        """Schedule what an earlier process left, and push until `stop`."""
        self._unread = len(self._ledger)
        for work in (self._resume, self._tick, *[self._send] * _SENDERS):
            threading.Thread(target=work, daemon=True).start()

    def stop(self) -> None:
        """Push no more; what is pending is in the ledger."""
        self._stopped.set()

    @property
    def pending(self) -> int:
        """Receipts that are due later, under way or to be tried again."""
        with self._lock:
            retries = sum(len(group.packed) for _, group in self._retries)
            return self._unread + len(self._schedule) + self._under_way + retries

    def expect(self, first: int, messages: Sequence[Message], *, early: bool) -> None:
        """Schedule the receipts of new messages, numbered from `first`, or push them before this returns."""
        plan = self._plan()
        if not (plan.receipts.url or (messages and messages[0].get("callback"))):
            return
        numbered = enumerate(messages, first)
        found = (due for number, message in numbered for due in due_receipts(plan.receipts, plan.seed, number, message))
        if not early:
            self._schedule.add(found)
            return
        with self._lock:
            groups = self._taken([packed for _, packed in found])
        for group in groups:
            self._push(group)

    def flush(self) -> None:
        """Push everything that is pending now, whenever it was due; ends when each has been tried once."""
        with self._lock:
            again = [packed for _, group in self._retries for packed in group.packed]
            self._retries.clear()
            groups = self._taken([*self._schedule.take(), *again])
        for group in groups:
            self._push(group)
        while self._under_way and not self._stopped.wait(0.01):
            pass

    def push_inbound(self, dialect: Dialect, content: dict[str, Any]) -> int:
        """Hand an inbound SMS to the webhook; the status that came back, 0 when nothing did."""
        return self._post(dialect.inbound(self._plan().receipts, content))

    def _resume(self) -> None:
        for number in range(self._unread):
            self._schedule.add(self._unsaid(number))
            self._unread -= 1

    def _unsaid(self, number: int) -> Iterator[tuple[float, int]]:
        plan, message = self._plan(), self._ledger.message(number)
        if not (plan.receipts.url or message.get("callback")):
            return
        for at, packed in due_receipts(plan.receipts, plan.seed, number, message):
            if not self._ledger.said(*unpack(packed)):
                yield at, packed

    def _tick(self) -> None:
        while not self._stopped.wait(1 / TICKS_PER_SECOND):
            now = time.time()
            with self._lock:
                again = [group for at, group in self._retries if at <= now]
                self._retries = [(at, group) for at, group in self._retries if at > now]
                self._under_way += sum(len(group.packed) for group in again)
                groups = self._taken(self._schedule.take(now))
            for group in (*again, *groups):
                self._due.put(group)

    def _taken(self, packed: list[int]) -> list[_Group]:
        """Cut into POSTs what was taken out of the schedule; it counts as under way until it has been pushed."""
        plan = self._plan().receipts
        if plan.shuffle:
            random.shuffle(packed)
        self._under_way += len(packed)
        return [_Group(packed[start : start + plan.batch], 0) for start in range(0, len(packed), plan.batch)]

    def _send(self) -> None:
        while not self._stopped.is_set():
            self._push(self._due.get())

    def _push(self, group: _Group) -> None:
        plan = self._plan()
        sent: list[int] = []
        left: list[int] = []
        status = 0
        for packed, post in self._posts(plan, group):
            status = self._post(post)
            (sent if 200 <= status < 300 else left).extend(packed)
        with self._lock:
            self._under_way -= len(group.packed)
            if sent:
                self._ledger.note("receipts", {"sent": sent, "at": time.time()})
            if left and group.attempt < len(plan.receipts.retry):
                later = time.time() + plan.receipts.retry[group.attempt]
                self._retries.append((later, _Group(left, group.attempt + 1)))
            elif left:
                self._ledger.note("given_up", {"receipts": len(left), "status": status})

    def _posts(self, plan: Plan, group: _Group) -> Iterator[tuple[list[int], Post]]:
        """The calls that say all of a group: one for the format that can say much at once, else one per receipt."""
        together: list[tuple[int, Said]] = []
        for packed in group.packed:
            said = self._said(plan, packed)
            dialect = dialect_of(said[0])
            if dialect.batches:
                together.append((packed, said))
            else:
                yield [packed], dialect.receipts(plan.receipts, [said], echoes=plan.echoes_reference)
        if together:
            dialect, many = dialect_of(together[0][1][0]), [said for _, said in together]
            yield (
                [packed for packed, _ in together],
                dialect.receipts(plan.receipts, many, echoes=plan.echoes_reference),
            )

    def _said(self, plan: Plan, packed: int) -> Said:
        number, code = unpack(packed)
        message = self._ledger.message(number)
        return message, code, message["at"] + said_after(plan.receipts, plan.seed, number)

    def _post(self, post: Post) -> int:
        address, mark, query = post.url.partition("?")
        if not address:
            return 0
        with self._lock:
            webhook = self._webhooks.setdefault(address, Webhook(address))
        return webhook.post(mark + query, post)
