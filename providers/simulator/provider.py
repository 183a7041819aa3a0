"""The simulated provider without its HTTP server: what a send call does, to the ledger and in its answer."""

import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from providers.gsm import count
from providers.simulator import wire
from providers.simulator.fates import REFUSALS, WORDS
from providers.simulator.ledger import Ledger, Message
from providers.simulator.plan import REFUSING, UNANSWERED, UNPROCESSED, Choices, Plan, ReceiptPlan
from providers.simulator.receipts import ReceiptPusher
from providers.simulator.schedule import due_receipts, unpack


class Answer(NamedTuple):
    """What to reply. `fault` is one that the HTTP server plays on the wire: "ok" for a plain reply of `body`."""

    status: int
    body: bytes
    fault: str = "ok"
    retry_after: float | None = None


class SimulatedProvider:
    """One account at one provider. Safe for threads."""

    def __init__(self, ledger: Path, plan: Plan | None) -> None:
        self.ledger = Ledger(ledger)
        self._lock = threading.Lock()
        self._plan = plan or Plan.of(self.ledger.plan or {})
        self._choices = Choices(self._plan)
        self.pusher = ReceiptPusher(self.ledger, lambda: self._plan)

    @property
    def plan(self) -> Plan:
        """The plan of this moment."""
        return self._plan

    def follow(self, plan: Plan) -> None:
        """Go by a new plan from the next call on; the ledger keeps it for the next process."""
        with self._lock:
            self._plan, self._choices = plan, Choices(plan)
        self.ledger.note("plan", {"plan": asdict(plan)})

    def summary(self) -> dict[str, Any]:
        """The ledger's counts and what is still to be pushed."""
        return {**self.ledger.summary(), "receipts_pending": self.pusher.pending}

    def send(self, body: bytes, *, bulk: bool) -> Answer:
        """One send call: what is accepted is in the ledger before this returns."""
        plan = self._plan
        with self._lock:
            fault, latency = self._choices.next_call()
        time.sleep(latency)
        try:
            messages = wire.read_messages(body, bulk=bulk)
        except wire.Invalid as error:
            self._note(fault="invalid", items=0)
            return Answer(400, wire.error(400, error.args[0]))
        if fault in REFUSING or fault in UNPROCESSED or len(messages) > plan.max_batch:
            return self._refuse(plan, "413" if len(messages) > plan.max_batch else fault, len(messages))
        return self._process(plan, messages, fault, bulk=bulk)

    def status(self, message_id: str) -> bytes | None:
        """The answer to a look-up; None for an unknown id. A dropped receipt can be found here."""
        found = self.ledger.find(message_id)
        if found is None:
            return None
        number, message = found
        plan, now = self._plan, time.time()
        told = ReceiptPlan(delay=plan.receipts.delay)
        words = [WORDS[unpack(packed)[1]] for at, packed in due_receipts(told, plan.seed, number, message) if at <= now]
        word = max([WORDS[0], *words], key=lambda each: each.rank)
        status = word.status if words or message["fate"] in {"silent", "sent_only"} else "Pending"
        return wire.status_reply(message, status=status, description=word.description, echoes=plan.echoes_reference)

    def _refuse(self, plan: Plan, fault: str, items: int) -> Answer:
        self._note(fault=fault, items=items, answered=fault not in UNPROCESSED)
        status, has_retry_after = REFUSING.get(fault, (0, False))
        retry_after = plan.retry_after if has_retry_after else None
        return Answer(status, wire.error(status), "ok" if status else fault, retry_after)

    def _process(self, plan: Plan, requests: list[dict[str, Any]], fault: str, *, bulk: bool) -> Answer:
        fates = self._fates([request["destination"] for request in requests], in_part=fault == "partial")
        now, keep_text = time.time(), plan.keep_text
        taken = [
            _message(request, fate, now, keep_text=keep_text)
            for request, fate in zip(requests, fates, strict=True)
            if fate not in REFUSALS
        ]
        call = _call(fault, items=len(requests), refused=len(requests) - len(taken), processed=True)
        first = self.ledger.accept(taken, call, fsync=plan.fsync)
        self.pusher.expect(first, taken, early=plan.receipts.early)
        return _answer(_entries(requests, fates, taken), fault, bulk=bulk)

    def _fates(self, destinations: list[str], *, in_part: bool) -> list[str]:
        with self._lock:
            fates = self._choices.fates(destinations)
            if in_part:
                fates = ["busy" if self._choices.is_refused_in_part() else fate for fate in fates]
        return fates

    def _note(self, *, fault: str, items: int, answered: bool = True) -> None:
        call = _call(fault, items=items, refused=items if answered else 0, processed=False)
        self.ledger.note("call", {"accepted": 0, **call, "answered": answered})


def _call(fault: str, *, items: int, refused: int, processed: bool) -> dict[str, Any]:
    answered = fault not in UNANSWERED
    counts = {"items": items, "refused": refused}
    return {"fault": fault, **counts, "processed": processed, "answered": answered, "at": time.time()}


def _message(request: dict[str, Any], fate: str, now: float, *, keep_text: bool) -> Message:
    sms = request["sms"]
    return {
        "type": "accepted",
        "message_id": "",
        "reference": request.get("reference"),
        "destination": request["destination"],
        "sender": sms["sender"],
        "text": sms["text"] if keep_text else None,
        "parts": count(sms["text"]).parts,
        "fate": fate,
        "account": request["trafficAccountId"],
        "at": now,
    }


def _entries(requests: list[dict[str, Any]], fates: list[str], taken: list[Message]) -> list[dict[str, Any]]:
    ids = iter([message["message_id"] for message in taken])
    return [_entry(request["trafficAccountId"], fate, ids) for request, fate in zip(requests, fates, strict=True)]


def _entry(account: str, fate: str, ids: Iterator[str]) -> dict[str, Any]:
    if fate in REFUSALS:
        return wire.refusal(account, REFUSALS[fate])
    message_id = next(ids)
    return {"trafficAccountId": account} if fate == "no_id" else {"trafficAccountId": account, "messageId": message_id}


def _answer(entries: list[dict[str, Any]], fault: str, *, bulk: bool) -> Answer:
    match fault:
        case "502_after":
            return Answer(502, wire.error(502))
        case "html":
            return Answer(200, b"<!doctype html><title>Welcome</title>", "html")
        case "short":
            entries = entries[:-1]
        case "extra":
            entries = [*entries, {**entries[-1], "messageId": "01" + "Z" * 24}]
        case "duplicate_ids":
            entries = [*entries[:-1], entries[0]] if len(entries) > 1 else [*entries, *entries]
    wired = fault in {"truncated", "drip", "huge", "hang_after", "drop_after"}
    return Answer(200, wire.reply(entries, bulk=bulk), fault if wired else "ok")
