"""The demo's store, people who may log in, credits, and a provider account at the simulator. Harmless when repeated."""

import json
import os
import secrets
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from audiences.models import ApiKey, Store, User
from audiences.services.join_page import edit_page
from audiences.services.keys import issue_key, revoke_key
from audiences.services.stores import create_store
from billing.services import account_of, grant
from config.audit import Actor
from messaging.credentials import Credentials
from messaging.models import ProviderAccount

ACTOR = Actor("command:demo")
SLUG = "demo"
STAFF, OWNER = "staff@demo.example", "owner@demo.example"
CREDITS = 100_000
# A new grant when less than this is left, so that the demo can be repeated for ever.
REFILL_BELOW = 50_000


class Seeded(NamedTuple):
    """What the demo works with; the passwords are those of the two logins."""

    store: Store
    account: ProviderAccount
    api_key: str
    passwords: dict[str, str]


def seed(*, credits: int = CREDITS) -> Seeded:
    """Make whatever is missing; the API key is new each time, and the one before is revoked."""
    passwords = _passwords(Path(settings.LOCAL_DIR) / "demo-logins.json")
    with transaction.atomic():
        staff = _user(STAFF, passwords[STAFF], staff=True)
        owner = _user(OWNER, passwords[OWNER], staff=False)
        store = Store.objects.filter(slug=SLUG).first() or _store(owner)
        for key in ApiKey.objects.filter(store=store, name="demo", revoked_at=None):
            revoke_key(store_id=store.pk, key_id=key.pk, actor=ACTOR)
        issued = issue_key(
            store=store, name="demo", scopes=["read", "send", "admin"], actor=ACTOR, created_by_id=staff.pk
        )
    _credits(store, credits)
    return Seeded(store, _provider(), issued.plain, passwords)


def _passwords(path: Path) -> dict[str, str]:
    """Made once and kept for this user only, so that a second start has the same logins."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = {email: secrets.token_urlsafe(12) for email in (STAFF, OWNER)}
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump(made, file)
    known: dict[str, str] = json.loads(path.read_text())
    return known


def _user(email: str, password: str, *, staff: bool) -> User:
    user = User.objects.filter(email=email).first()
    if user is None:
        make = User.objects.create_superuser if staff else User.objects.create_user
        user = make(email, password)
    elif not user.check_password(password):  # the file was deleted, or the database is an older one
        user.set_password(password)
        user.save(update_fields=["password"])
    return user


def _store(owner: User) -> Store:
    made = create_store(
        name="Demo Store",
        slug=SLUG,
        country="GR",
        sender="DemoStore",
        time_zone="Europe/Athens",
        custom_fields={"city": "text", "points": "number"},
        actor=ACTOR,
        owner=owner,
    )
    edit_page(store=made, changes={"is_open": True}, actor=ACTOR)
    return made


def _credits(store: Store, credits: int) -> None:
    account = account_of(store.pk)
    if account.available < max(REFILL_BELOW, credits // 2):
        number = account.entries.count()
        grant(store_id=store.pk, amount=credits, key=f"demo:{store.pk}:{number}", label="Demo credits", actor=ACTOR)


def _provider() -> ProviderAccount:
    """The shared account at the simulator, wherever that listens this time."""
    account = ProviderAccount.objects.filter(name="Simulator").first()
    if account is None:
        return ProviderAccount.objects.create(
            name="Simulator",
            slug=secrets.token_urlsafe(18),
            provider="mitto",
            base_url=settings.SIMULATOR_URL,
            credentials=Credentials(  # type: ignore[misc]  # the stubs take the column type
                api_key=secrets.token_urlsafe(18),
                traffic_account_id="demo",
                webhook_secret=secrets.token_urlsafe(24),
            ),
            options={"sends_reference": True, "echoes_reference": True},
            parts_per_second=2000,
        )
    account.base_url = settings.SIMULATOR_URL
    account.save(update_fields=["base_url", "updated_at"])
    return account
