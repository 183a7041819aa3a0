"""The drill's stores, contacts, credits, and the provider account at the simulator."""

from collections.abc import Iterator
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone

from audiences.models import Contact, Store
from audiences.phones import phone_hash
from audiences.services.keys import issue_key
from audiences.services.stores import create_store
from billing.services import grant
from config.audit import Actor
from messaging.credentials import Credentials
from messaging.models import ProviderAccount

ACTOR = Actor("command:crash_drill")
ACCOUNT = "Drill"
CREDITS = 10_000_000
# The drill's provider listens on this machine only, and forgets everything.
API_KEY = "drill-key"
WEBHOOK_SECRET = "drill-secret"  # noqa: S105
FIRST_PHONE = 6_940_000_000


class Shop(NamedTuple):
    """A store that sends: its id and its API key."""

    store_id: int
    api_key: str


class Seeded(NamedTuple):
    """`large` sends campaign after campaign to everybody, `small` a short one now and then."""

    large: Shop
    small: Shop
    account_id: int


def seed(*, recipients: int, rate: int, echoes: bool) -> Seeded:
    """`recipients` contacts in the large store, up to 400 in the small one; `rate`: parts per second."""
    large = _shop("Large", people=recipients, first=FIRST_PHONE)
    small = _shop("Small", people=min(max(recipients // 20, 20), 400), first=FIRST_PHONE + recipients)
    account = ProviderAccount.objects.create(
        name=ACCOUNT,
        slug="drill",
        provider="mitto",
        base_url=settings.SIMULATOR_URL,
        credentials=Credentials(  # type: ignore[misc]  # the stubs take the column type
            api_key=API_KEY, traffic_account_id="drill", webhook_secret=WEBHOOK_SECRET
        ),
        options={"sends_reference": True, "echoes_reference": echoes},
        parts_per_second=rate,
    )
    return Seeded(large, small, account.pk)


def _shop(name: str, *, people: int, first: int) -> Shop:
    store = create_store(name=name, slug=name.lower(), country="GR", sender="Drill", actor=ACTOR)
    Contact.objects.bulk_create(_contacts(store, people=people, first=first), batch_size=2000)
    grant(store_id=store.pk, amount=CREDITS, key=f"drill:{store.pk}", label="Drill", actor=ACTOR)
    key = issue_key(store=store, name="drill", scopes=["read", "send", "admin"], actor=ACTOR)
    return Shop(store.pk, key.plain)


def _contacts(store: Store, *, people: int, first: int) -> Iterator[Contact]:
    now = timezone.now()
    for number in range(first, first + people):
        phone = f"+30{number}"
        yield Contact(
            store=store,
            phone=phone,
            phone_hash=phone_hash(phone),
            country="GR",
            first_name=f"P{number % 1000}",
            consent="opted_in",
            consent_at=now,
            consent_source="drill",
        )
