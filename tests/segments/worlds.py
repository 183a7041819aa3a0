"""Random stores, people and rules for the comparison with the reference."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from hypothesis import strategies as st

from audiences.models import Contact, ListMembership, Store, Suppression
from audiences.models.contacts import CONSENTS, GENDERS
from audiences.phones import phone_hash
from campaigns.models import Campaign, CampaignRecipient
from messaging.models import Click
from tests.factories import CampaignFactory, ContactListFactory, StoreFactory
from tests.segments.reference import World

ZONES = ("Europe/Athens", "America/Havana", "Pacific/Apia", "UTC", "Asia/Kathmandu")
CUSTOM = {"size": "number", "city": "text", "since": "date", "vip": "yes_no", "in": "text", "a__b": "number"}
# Turns of the year and of the day, both kinds of February, both changes of the clock, and an hour that Havana skips.
MOMENTS = tuple(
    datetime.fromisoformat(text).replace(tzinfo=UTC)
    for text in (
        "2026-11-22T10:00", "2027-02-28T11:00", "2028-02-28T23:30", "2028-02-29T12:00", "2026-12-31T22:30",
        "2027-01-01T00:30", "2026-03-08T05:30", "2026-03-29T01:00", "2026-10-25T00:30", "2027-03-01T09:00",
    )
)  # fmt: skip
WORDS = ("Anna", "anna", "ANNABEL", "Bob", "o%_'\"\\", "43", "Ελένη", "x")
DATES = ("2026-11-22", "2026-12-24", "2027-02-28", "2020-02-29", "2026-11-01")
STATUSES = ("sent", "delivered", "undelivered", "failed", "unconfirmed", "pending", "skipped")

word = st.sampled_from(WORDS)
maybe_word = st.sampled_from(("", *WORDS))
number = st.sampled_from((-1, 0, 1, 1.5, 42, 43, 1e9))
birthday = (
    st.none()
    | st.builds(lambda year, day: date(year, 1, 1) + timedelta(days=day), st.integers(1940, 2015), st.integers(0, 364))
    | st.sampled_from((date(2000, 2, 29), date(2008, 2, 29), date(2001, 2, 28), date(1999, 3, 1), date(2008, 12, 31)))
)
away = st.floats(-3, 40, allow_nan=False)  # days before the moment
fields = st.fixed_dictionaries(
    {},
    optional={
        "size": number | st.just("43") | st.none(),
        "city": maybe_word | st.just(43),
        "since": st.sampled_from((*DATES, "soon")),
        "vip": st.booleans() | st.just("true"),
        "in": word,
        "a__b": number,
    },
)
person = st.fixed_dictionaries(
    {
        "first_name": maybe_word,
        "last_name": maybe_word,
        "email": st.sampled_from(("", "ada@example.org", "bob@EXAMPLE.com")),
        "gender": st.sampled_from(GENDERS),
        "language": st.sampled_from(("", "el", "EL", "pt-BR", "pt_PT", "pts")),
        "country": st.sampled_from(("GR", "DE", "")),
        "consent": st.sampled_from(CONSENTS),
        "consent_source": maybe_word,
        "birthday": birthday,
        "fields": fields,
        "consent_away": st.none() | away,
        "created_away": away,
        "updated_away": away,
        "lists": st.sets(st.integers(0, 1)),
        "suppressed": st.sampled_from(("", "", "here", "everywhere", "elsewhere")),
        "received": st.dictionaries(st.integers(0, 1), st.sampled_from(STATUSES), max_size=2),
        "clicked": st.none() | st.tuples(st.integers(0, 1), away, st.booleans()),
        "erased": st.sampled_from((False, False, False, True)),
    }
)
people = st.lists(person, min_size=1, max_size=6)


def made(draws: list[dict[str, Any]], *, zone: str, at: datetime) -> tuple[World, list[Contact]]:
    """A store with these people, as rows and as the reference has them."""
    store = StoreFactory.create(time_zone=zone, custom_fields=CUSTOM)
    world = World(store, at.astimezone(ZoneInfo(zone)).date())
    lists = [ContactListFactory.create(store=store).pk for _ in range(2)]
    world.lists = {pk: set() for pk in lists}
    campaigns = [_campaign(store, at - timedelta(days=age)) for age in (1, 20)]
    world.started = {campaign.pk: campaign.started_at for campaign in campaigns if campaign.started_at}
    rows = [_row(store, draw, at=at, place=place) for place, draw in enumerate(draws)]
    contacts = Contact.objects.bulk_create(rows)
    for contact, draw in zip(contacts, draws, strict=True):
        _around(contact, draw, world, lists=lists, campaigns=[campaign.pk for campaign in campaigns])
        if draw["clicked"]:
            _click(contact, draw["clicked"], world, [campaign.pk for campaign in campaigns], at)
    return world, [contact for contact in contacts if contact.erased_at is None]


def _campaign(store: Store, started: datetime) -> Campaign:
    campaign = CampaignFactory.create(store=store, credits=0)
    Campaign.objects.filter(pk=campaign.pk).update(started_at=started)
    campaign.refresh_from_db()
    return campaign


def _row(store: Store, draw: dict[str, Any], *, at: datetime, place: int) -> Contact:
    plain = {name: draw[name] for name in draw if name in PLAIN}
    moments = {
        column: None if draw[away] is None else at - timedelta(days=draw[away])
        for column, away in (
            ("consent_at", "consent_away"), ("created_at", "created_away"), ("updated_at", "updated_away")
        )
    }  # fmt: skip
    erased = {"erased_at": timezone.now()} if draw["erased"] else {}
    phone = f"+30694{store.pk % 10_000:04d}{place:03d}"
    return Contact(store=store, phone=phone, phone_hash=phone_hash(phone), **plain, **moments, **erased)


PLAIN = {
    "first_name", "last_name", "email", "gender", "language", "country", "consent", "consent_source", "birthday",
    "fields",
}  # fmt: skip


def _around(contact: Contact, draw: dict[str, Any], world: World, *, lists: list[int], campaigns: list[int]) -> None:
    """What other tables say of a contact."""
    for place in draw["lists"]:
        ListMembership.objects.create(list_id=lists[place], contact=contact)
        world.lists[lists[place]].add(contact.pk)
    if draw["suppressed"]:
        _suppress(contact, draw["suppressed"], world)
    for place, status in draw["received"].items():
        reason = "other" if status == "failed" else "opted_out" if status == "skipped" else ""
        CampaignRecipient.objects.create(
            store=world.store, campaign_id=campaigns[place], contact=contact, batch_id=1, phone=contact.phone,
            status=status, reason=reason, parts=1, credits=1,
        )  # fmt: skip
        world.received.add((contact.pk, campaigns[place], status))


def _click(contact: Contact, draw: tuple[int, float, bool], world: World, campaigns: list[int], at: datetime) -> None:
    place, ago, human = draw
    moment = at - timedelta(days=ago)
    Click.objects.create(
        store_id=world.store.pk, campaign_id=campaigns[place], recipient_id=1, contact_id=contact.pk, number=1,
        human=human, robot="" if human else "head", at=moment,
    )  # fmt: skip
    if human:
        world.clicked.add((contact.pk, campaigns[place], moment))


def _suppress(contact: Contact, where: str, world: World) -> None:
    store = {"here": world.store, "everywhere": None, "elsewhere": _stranger()}[where]
    Suppression.objects.get_or_create(
        store=store, phone_hash=contact.phone_hash, defaults={"reason": "staff", "source": "test"}
    )
    if where != "elsewhere":
        world.suppressed.add(bytes(contact.phone_hash or b""))


def _stranger() -> Store:
    return Store.objects.filter(slug="the-stranger").first() or StoreFactory.create(slug="the-stranger")
