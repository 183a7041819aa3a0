"""API keys: `hg_live_<12 characters>_<43 random>`. Shown once; kept as a hash, found by the twelve characters."""

import hashlib
import hmac
import secrets
import string
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from audiences.models import ApiKey, Store
from audiences.models.stores import SCOPES
from config.audit import Actor, record
from config.problems import NotFound, invalid

LEAD = "hg_live_"
PREFIX_LENGTH = 12
LETTERS = string.ascii_lowercase + string.digits
USED_EVERY = timedelta(minutes=1)  # a busy key writes its last use no more often


class Issued(NamedTuple):
    """A new key and its text, which nobody can read again."""

    key: ApiKey
    plain: str


def issue_key(
    *,
    store: Store,
    name: str,
    scopes: Sequence[str],
    actor: Actor,
    expires_at: datetime | None = None,
    created_by_id: int | None = None,
) -> Issued:
    """A new key with some of SCOPES. Raises InvalidFields."""
    now = timezone.now()
    if not name.strip() or len(name) > 100 or "\x00" in name:
        raise invalid("/name", "A name of 1 to 100 characters.", code="bad_name")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise invalid("/scopes", f"Some of: {', '.join(SCOPES)}.", code="bad_scopes")
    if expires_at is not None and expires_at <= now:
        raise invalid("/expires_at", "In the future, or never.", code="past")
    prefix = "".join(secrets.choice(LETTERS) for _ in range(PREFIX_LENGTH))
    plain = f"{LEAD}{prefix}_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        key = ApiKey.objects.create(
            store=store,
            name=name.strip(),
            prefix=prefix,
            digest=_digest(plain),
            scopes=[scope for scope in SCOPES if scope in scopes],
            created_by_id=created_by_id,
            created_at=now,
            expires_at=expires_at,
        )
        record("key.issue", actor=actor, subject=f"key:{key.pk}", store_id=store.pk, scopes=key.scopes)
    return Issued(key, plain)


def key_of(plain: str) -> ApiKey | None:
    """The live key with this text, its store beside it; None for an unknown, revoked or expired one.

    One query by the prefix (unique index), a comparison in constant time, and at most once a minute a write of the
    last use. A key of a suspended store still reads.
    """
    prefix = plain[len(LEAD) : len(LEAD) + PREFIX_LENGTH]
    if not plain.startswith(LEAD) or len(plain) > 100 or not prefix.isalnum() or not plain.isascii():
        return None
    now = timezone.now()
    key = ApiKey.objects.select_related("store").filter(prefix=prefix).first()
    if key is None or not hmac.compare_digest(key.digest, _digest(plain)):
        return None
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
        return None
    if key.last_used_at is None or key.last_used_at < now - USED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
    return key


def revoke_key(*, store_id: int, key_id: int, actor: Actor, reason: str = "") -> None:
    """End a key, from its next use on; again is nothing new. Raises NotFound."""
    with transaction.atomic():
        rows = ApiKey.objects.filter(pk=key_id, store_id=store_id)
        if not rows.exists():
            raise NotFound
        if rows.filter(revoked_at=None).update(revoked_at=timezone.now()):
            facts = {"before": "active", "after": "revoked"}
            record("key.revoke", actor=actor, subject=f"key:{key_id}", store_id=store_id, reason=reason, **facts)


def _digest(plain: str) -> str:
    """SHA-256 is enough: 256 random bits cannot be guessed, so there is nothing to slow down."""
    return hashlib.sha256(plain.encode()).hexdigest()
