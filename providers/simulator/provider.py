"""The simulated provider without its HTTP server: what a send call does, to the ledger and in its answer."""

import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult

from providers.gsm import count
from providers.simulator.dialect import UNCLEAR, Answer, Dialect, Invalid
from providers.simulator.fates import PENDING, REFUSALS, SENT, WORDS, Word
from providers.simulator.ledger import Ledger, Message
from providers.simulator.plan import REFUSING, UNANSWERED, UNPROCESSED, Choices, Plan, ReceiptPlan
from providers.simulator.receipts import ReceiptPusher
from providers.simulator.schedule import due_receipts, unpack


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

    def send(self, dialect: Dialect, path: str, body: bytes) -> Answer:
        """One send call: what is accepted is in the ledger before this returns."""
        plan = self._plan
        with self._lock:
            fault, latency = self._choices.next_call()
        time.sleep(latency)
        try:
            requests = dialect.read(path, body)
        except Invalid as error:
            self._note(fault="invalid", items=0)
            return Answer(400, dialect.error(400, error.args[0]))
        if fault in REFUSING or fault in UNPROCESSED or len(requests) > plan.max_batch:
            return self._refuse(plan, dialect, "413" if len(requests) > plan.max_batch else fault, len(requests))
        fates = self._fates([request["destination"] for request in requests], in_part=fault == "partial")
        if refusal := dialect.refusal(fates):
            self._note(fault=fault, items=len(requests))
            return refusal
        taken = self._process(plan, requests, fates, fault)
        if fault == "html":
            return Answer(200, b"<!doctype html><title>Welcome</title>", "html")
        if fault == "502_after":
            return Answer(502, dialect.error(502))
        reply = dialect.reply(path, requests, fates, taken)
        return Answer(dialect.good, dialect.unclear(reply, fault) if fault in UNCLEAR else reply, fault)

    def look_up(self, dialect: Dialect, address: SplitResult) -> bytes | None:
        """The answer to a look-up; None for an unknown id. A dropped receipt can be found here."""
        return dialect.looked_up(address, self.ledger, self._word_of, echoes=self._plan.echoes_reference)

    def _word_of(self, number: int, message: Message) -> Word:
        plan, now = self._plan, time.time()
        told = ReceiptPlan(delay=plan.receipts.delay)
        words = [WORDS[unpack(packed)[1]] for at, packed in due_receipts(told, plan.seed, number, message) if at <= now]
        if not words and message["fate"] not in {"silent", "sent_only"}:
            return PENDING
        return max([WORDS[SENT], *words], key=lambda each: each.rank)

    def _refuse(self, plan: Plan, dialect: Dialect, fault: str, items: int) -> Answer:
        self._note(fault=fault, items=items, answered=fault not in UNPROCESSED)
        status, has_retry_after = REFUSING.get(fault, (0, False))
        retry_after = plan.retry_after if has_retry_after else None
        return Answer(status, dialect.error(status), "ok" if status else fault, retry_after)

    def _process(self, plan: Plan, requests: list[dict[str, Any]], fates: list[str], fault: str) -> list[Message]:
        now, keep_text = time.time(), plan.keep_text
        taken = [
            _message(request, fate, now, keep_text=keep_text)
            for request, fate in zip(requests, fates, strict=True)
            if fate not in REFUSALS
        ]
        call = _call(fault, items=len(requests), refused=len(requests) - len(taken), processed=True)
        first = self.ledger.accept(taken, call, fsync=plan.fsync)
        self.pusher.expect(first, taken, early=plan.receipts.early)
        return taken

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
    message = {
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
    return message | request["extra"] if "extra" in request else message
