"""Rows for tests, valid by default. Each app appends its own below its heading."""

from typing import Any

from factory.declarations import LazyAttribute, LazyFunction, Sequence, SubFactory
from factory.django import DjangoModelFactory
from factory.helpers import post_generation

from audiences.models import ApiKey, Contact, ContactList, Member, Segment, Store, User
from audiences.phones import phone_hash
from billing.models import CreditAccount, CreditReservation, Plan
from billing.services import account_of, grant, hold, renew_allowance
from campaigns.models import Automation, Campaign, StoreTemplate
from campaigns.services import automations
from config.audit import SYSTEM
from config.opaque import public_id
from messaging.models import ProviderAccount, Route, WebhookEndpoint
from messaging.models.hooks import EVENTS

# audiences ----------------------------------------------------------------------------------------------------------


class UserFactory(DjangoModelFactory[User]):
    """A person who can log in with the password `correct horse battery`."""

    email = Sequence(lambda n: f"person{n}@example.org")

    class Meta:
        model = User

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return model_class.objects.create_user(password=kwargs.pop("password", "correct horse battery"), **kwargs)


class StoreFactory(DjangoModelFactory[Store]):
    """A Greek store with a sender, no quiet hours and no caps."""

    name = Sequence(lambda n: f"Shop {n}")
    slug = Sequence(lambda n: f"shop-{n}")
    country = "GR"
    sender = "Shop"
    time_zone = "Europe/Athens"

    class Meta:
        model = Store


class MemberFactory(DjangoModelFactory[Member]):
    """A user who owns a store."""

    user = SubFactory(UserFactory)
    store = SubFactory(StoreFactory)
    role = "owner"

    class Meta:
        model = Member


class ContactFactory(DjangoModelFactory[Contact]):
    """A person who opted in, with a Greek mobile number of their own."""

    store = SubFactory(StoreFactory)
    phone = Sequence(lambda n: f"+30697{n:07d}")
    phone_hash = LazyAttribute(lambda row: phone_hash(row.phone) if row.phone else None)
    country = "GR"
    first_name = Sequence(lambda n: f"Name{n}")
    consent = "opted_in"

    class Meta:
        model = Contact


class ContactListFactory(DjangoModelFactory[ContactList]):
    """An empty list; `contacts=[...]` puts them on it."""

    store = SubFactory(StoreFactory)
    name = Sequence(lambda n: f"List {n}")

    class Meta:
        model = ContactList
        skip_postgeneration_save = True

    @post_generation  # type: ignore[untyped-decorator]
    def contacts(self: ContactList, create: bool, extracted: list[Contact] | None, **_: Any) -> None:
        """Put the given contacts on the list."""
        for contact in extracted or []:
            self.memberships.create(contact=contact)


class SegmentFactory(DjangoModelFactory[Segment]):
    """Women; `rules=` in their stored form say otherwise."""

    store = SubFactory(StoreFactory)
    name = Sequence(lambda n: f"Segment {n}")
    rules = LazyFunction(lambda: {"rule": "gender", "is": ["female"]})

    class Meta:
        model = Segment


def api_id(row: Store | Contact | ContactList | Member | ApiKey | Segment) -> str:
    """The id under which the API knows a row."""
    kinds = {Store: "str", Contact: "con", ContactList: "lst", Member: "mem", ApiKey: "key", Segment: "seg"}
    return public_id(row.pk, kind=kinds[type(row)])


# billing ------------------------------------------------------------------------------------------------------------


class CreditAccountFactory(DjangoModelFactory[CreditAccount]):
    """An account with 100 credits and no allowance, both by ledger entries; `credits=`, `allowance=` say otherwise."""

    store = SubFactory(StoreFactory)
    credits = 100
    allowance = 0

    class Meta:
        model = CreditAccount

    @classmethod
    def _create(cls, model_class: type[CreditAccount], *args: Any, **kwargs: Any) -> CreditAccount:
        store_id = kwargs["store"].pk
        if kwargs["credits"]:
            key = f"grant:test:{store_id}"
            grant(store_id=store_id, amount=kwargs["credits"], key=key, label="For the test", actor=SYSTEM)
        if kwargs["allowance"]:
            key = f"allowance:test:{store_id}"
            renew_allowance(store_id=store_id, amount=kwargs["allowance"], key=key, label="For the test")
        return account_of(store_id)


class ReservationFactory(DjangoModelFactory[CreditReservation]):
    """An open hold of 60 credits on an account of its own with 100."""

    account = SubFactory(CreditAccountFactory)
    amount = 60
    key = Sequence(lambda n: f"campaign:{n}:1")
    label = "Spring sale"

    class Meta:
        model = CreditReservation

    @classmethod
    def _create(cls, model_class: type[CreditReservation], *args: Any, **kwargs: Any) -> CreditReservation:
        return hold(store_id=kwargs.pop("account").store_id, **kwargs)


def some_plans() -> None:
    """The plans of the first migration, also after a test that emptied the tables."""
    for code, cents, interval, allowance in (("starter", 4000, "month", 300), ("pro", 24000, "year", 1500)):
        columns = {"name": code.title(), "price_cents": cents, "interval": interval, "allowance": allowance}
        Plan.objects.get_or_create(code=code, defaults=columns)


# campaigns, messaging -----------------------------------------------------------------------------------------------


class CampaignFactory(DjangoModelFactory[Campaign]):
    """A draft to everybody of a store that has 1000 credits; `people=3` gives the store that many contacts."""

    store = SubFactory(StoreFactory)
    name = Sequence(lambda n: f"Campaign {n}")
    message = "Hello {{first_name|there}}"
    audience = {"kind": "all", "exclude": []}
    created_by = "system"
    people = 0
    credits = 1000

    class Meta:
        model = Campaign

    @classmethod
    def _create(cls, model_class: type[Campaign], *args: Any, **kwargs: Any) -> Campaign:
        people, credits = kwargs.pop("people"), kwargs.pop("credits")
        if credits:
            key = f"grant:campaign:{kwargs['name']}"
            grant(store_id=kwargs["store"].pk, amount=credits, key=key, label="For the test", actor=SYSTEM)
        ContactFactory.create_batch(people, store=kwargs["store"])
        return model_class.objects.create(**kwargs)


class StoreTemplateFactory(DjangoModelFactory[StoreTemplate]):
    """A text of a store's library."""

    store = SubFactory(StoreFactory)
    name = Sequence(lambda n: f"Text {n}")
    text = "Hello {{first_name|there}}"
    created_by = "system"

    class Meta:
        model = StoreTemplate


class AutomationFactory(DjangoModelFactory[Automation]):
    """A birthday automation of 9 o'clock that is switched on; `kind=`, `active=False` and any field say otherwise."""

    store = SubFactory(StoreFactory)
    kind = "birthday"
    name = Sequence(lambda n: f"Automation {n}")
    message = "Hello {{first_name|there}}"
    audience = {"kind": "all", "exclude": []}
    active = True

    class Meta:
        model = Automation

    @classmethod
    def _create(cls, model_class: type[Automation], *args: Any, **kwargs: Any) -> Automation:
        store, kind, active = kwargs.pop("store"), kwargs.pop("kind"), kwargs.pop("active")
        made = automations.create(store=store, kind=kind, fields=kwargs, actor=SYSTEM)
        if active:
            return automations.switch_on(store_id=store.pk, automation_id=made.pk, actor=SYSTEM)
        return made


class ProviderAccountFactory(DjangoModelFactory[ProviderAccount]):
    """A shared account at a provider that speaks Mitto's format at `base_url`."""

    name = Sequence(lambda n: f"Account {n}")
    slug = Sequence(lambda n: f"account-{n}-0123456789abcdef")
    provider = "mitto"
    base_url = "http://127.0.0.1:9"
    credentials = LazyFunction(lambda: {"api_key": "test-key", "traffic_account_id": "t-1", "webhook_secret": "hush"})
    options = LazyFunction(lambda: {"echoes_reference": True})

    class Meta:
        model = ProviderAccount


class RouteFactory(DjangoModelFactory[Route]):
    """A route of every store to every country, over an account of its own."""

    account = SubFactory(ProviderAccountFactory)

    class Meta:
        model = Route


SECRET = "whsec_" + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="  # 32 digits


class WebhookEndpointFactory(DjangoModelFactory[WebhookEndpoint]):
    """An active endpoint for every event but those of messages; its secret is SECRET."""

    store = SubFactory(StoreFactory)
    url = "http://127.0.0.1:9/hook"
    events = LazyFunction(lambda: [name for name in EVENTS if not name.startswith("message.")])
    secrets = LazyFunction(lambda: {"current": SECRET})

    class Meta:
        model = WebhookEndpoint
