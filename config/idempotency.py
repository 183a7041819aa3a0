"""`Idempotency-Key`: a POST that spends or sends happens once, however often its answer gets lost on the way.

The record is inserted before the effect; only an answer of success is stored. A refusal changed nothing, so the same
key may be tried again, and a process that died leaves a lock that is taken over after a minute: the services' own
guards (state, unique keys) then decide.
"""

import hashlib
import json
import time
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, NamedTuple, cast

from django.db import connection
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from config.models import IdempotencyRecord
from config.problems import Conflict, Problem, invalid
from config.sql import fetch_one

WAIT_SECONDS = 2.0
POLL_SECONDS = 0.05
Handler = Callable[..., Response]


class IdempotencyMismatch(Problem):
    """This Idempotency-Key was used for another request."""

    code = "IDEMPOTENCY_MISMATCH"
    status = 422


class IdempotencyInProgress(Conflict):
    """The first request with this Idempotency-Key is still running."""

    code = "IDEMPOTENCY_IN_PROGRESS"

    def __init__(self) -> None:
        super().__init__(retry_after=1)


class Claim(NamedTuple):
    """A record that this request holds; `locked_at` is the fence that a take-over changes."""

    id: int
    locked_at: datetime


class Stored(NamedTuple):
    """An answer that was given before."""

    status: int
    body: Any


def idempotent(handler: Handler) -> Handler:
    """Make a view method honour `Idempotency-Key`. `request.auth` must know its `store_id`.

    A stored answer is given again whatever the rate limits say: the request counts (`view.count_request()`) only when
    it is about to do something. Raises IdempotencyMismatch, IdempotencyInProgress; InvalidFields for an unusable key.
    """

    @wraps(handler)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return handler(view, request, *args, **kwargs)
        if not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
            raise invalid("/Idempotency-Key", "1 to 255 printable ASCII characters.")
        claim = _claim_or_answer(store_id=cast("Any", request.auth).store_id, key=key, fingerprint=fingerprint(request))
        if isinstance(claim, Stored):
            return Response(claim.body, status=claim.status, headers={"Idempotency-Replayed": "true"})
        return _run(claim, lambda: counted(view, request, *args, **kwargs))

    def counted(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        view.count_request()
        return handler(view, request, *args, **kwargs)

    once.idempotent = True  # type: ignore[attr-defined]  # read by the schema
    return once


def fingerprint(request: Request) -> str:
    """SHA-256 of method, path and body: JSON by its value, an upload by its bytes."""
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode())
    data = request.data
    files = getattr(request, "FILES", None) or {}
    plain = {name: data[name] for name in data if name not in files} if isinstance(data, dict) else data
    digest.update(json.dumps(plain, sort_keys=True, default=str).encode())
    for name in sorted(files):
        digest.update(f"\n{name}\n".encode())
        for chunk in files[name].chunks():
            digest.update(chunk)
        files[name].seek(0)
    return digest.hexdigest()


def _claim_or_answer(*, store_id: int, key: str, fingerprint: str) -> Claim | Stored:
    """The claim, or the twin's answer as soon as it is there, at most WAIT_SECONDS later."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        claim = claim_record(store_id=store_id, key=key, fingerprint=fingerprint)
        if claim:
            return claim
        record = IdempotencyRecord.objects.filter(store_id=store_id, key=key).first()
        if record and record.fingerprint != fingerprint:
            raise IdempotencyMismatch
        if record and record.status is not None:
            return Stored(record.status, record.body)
        if time.monotonic() > deadline:
            raise IdempotencyInProgress
        time.sleep(POLL_SECONDS)


def claim_record(*, store_id: int, key: str, fingerprint: str) -> Claim | None:
    """Insert the record, or take over that of a process that died over a minute ago. Index: idempotency_once.

    None: another request holds the key or has answered it. Locks the record only for the statement.
    """
    sql = """
        INSERT INTO config_idempotencyrecord AS i (store_id, key, fingerprint, locked_at, created_at)
        VALUES (%(store_id)s, %(key)s, %(fingerprint)s, clock_timestamp(), now())
            ON CONFLICT (store_id, key) DO UPDATE
           SET locked_at = clock_timestamp()
         WHERE i.status IS NULL
           AND i.fingerprint = excluded.fingerprint
           AND i.locked_at < clock_timestamp() - interval '60 seconds'
        RETURNING i.id, i.locked_at
    """
    return fetch_one(sql, {"store_id": store_id, "key": key, "fingerprint": fingerprint}, Claim)


def _run(claim: Claim, handle: Callable[[], Response]) -> Response:
    mine = IdempotencyRecord.objects.filter(pk=claim.id, locked_at=claim.locked_at)
    try:
        response = handle()
    except BaseException:
        # A refusal, or an error: nothing to repeat. Away from a broken connection the lock ages out instead.
        if connection.is_usable():
            mine.delete()
        raise
    mine.update(status=response.status_code, body=json.loads(JSONRenderer().render(response.data)))
    return response
