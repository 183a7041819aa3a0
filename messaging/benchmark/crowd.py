"""Who is in the benchmark's database: shops with contacts, a provider account at the simulator, and old campaigns."""

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta
from itertools import count, islice

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audiences.models import Store
from audiences.phones import phone_hash
from audiences.services.keys import issue_key
from audiences.services.stores import create_store
from billing.models import CreditReservation
from billing.services import account_of, grant, hold
from campaigns.models import Campaign, CampaignProgress, CampaignSnapshot
from config.audit import Actor
from config.progressbar import Bar
from config.sql import copy_rows, execute
from messaging.benchmark.shop import Shop
from messaging.credentials import Credentials
from messaging.models import ProviderAccount

ACTOR = Actor("command:benchmark")
SLUG = "benchmark"
# The simulator listens on this machine only, and forgets everything.
API_KEY = "benchmark-key"
WEBHOOK_SECRET = "benchmark-secret"  # noqa: S105
CREDITS = 10_000_000_000
UNLIMITED = 2_000_000_000  # parts per second
FIRST_PHONE = 6_910_000_000
CHUNK = 20_000
NAMES = (
    "Anna", "Maria", "Eleni", "Sofia", "Katerina", "Ioanna", "Dimitra", "Vasiliki", "Giorgos", "Nikos", "Kostas",
    "Yannis", "Dimitris", "Panagiotis", "Christos", "Alexandros", "Stella", "Petros", "Μαρία", "Γιώργος",
)  # fmt: skip
MESSAGE = (
    "Hello {{first_name|there}}, everything is 20% off this weekend. Show this text at the till. Reply STOP to end."
)
MOST_PARTS = 4

_phones = count(FIRST_PHONE)
_stores = count(1)


def make_account() -> ProviderAccount:
    """An account without a limit that gives our reference back."""
    return ProviderAccount.objects.create(
        name="Benchmark",
        slug=SLUG,
        provider="mitto",
        base_url=settings.SIMULATOR_URL,
        credentials=Credentials(  # type: ignore[misc]  # the stubs take the column type
            api_key=API_KEY, traffic_account_id="benchmark", webhook_secret=WEBHOOK_SECRET
        ),
        options={"sends_reference": True, "echoes_reference": True},
        parts_per_second=UNLIMITED,
    )


def make_shop(*, people: int, name: str = "Shop") -> Shop:
    """A store with so many contacts who opted in, plenty of credits and a key. A progress bar for large ones."""
    store = make_store(name)
    rows = _contacts(store.pk, people=people, now=timezone.now())
    with Bar(f"{people:,} contacts", total=people) if people > CHUNK else nullcontext() as bar:
        for done in range(0, people, CHUNK):
            with transaction.atomic():
                copy_rows(table="audiences_contact", columns=COLUMNS, rows=islice(rows, CHUNK))
            if bar:
                bar.show(min(done + CHUNK, people))
    key = issue_key(store=store, name="benchmark", scopes=["read", "send", "admin"], actor=ACTOR)
    return Shop(store_id=store.pk, api_key=key.plain, people=people)


def make_store(name: str) -> Store:
    """A store with plenty of credits, without contacts."""
    number = next(_stores)
    store = create_store(name=f"{name} {number}", slug=f"shop-{number}", country="GR", sender="Benchmark", actor=ACTOR)
    grant(store_id=store.pk, amount=CREDITS, key=f"benchmark:{store.pk}", label="Benchmark", actor=ACTOR)
    return store


COLUMNS = (
    "store_id", "phone", "phone_hash", "country", "first_name", "last_name", "email", "gender", "language", "time_zone",
    "fields", "consent", "consent_at", "consent_source", "created_at", "updated_at",
)  # fmt: skip


def _contacts(store_id: int, *, people: int, now: datetime) -> Iterator[tuple[object, ...]]:
    """The last one changed a second ago, the first one as many seconds as there are people.

    Right after an import of them all a launch takes 0.2 s more for a million (audiences.audience.version).
    """
    for ago, number in zip(range(people, 0, -1), _phones, strict=False):
        phone = f"+30{number}"
        yield (
            store_id, phone, phone_hash(phone), "GR", NAMES[number % len(NAMES)], "", "", "", "", "", "{}",
            "opted_in", now, "benchmark", now, now - timedelta(seconds=ago),
        )  # fmt: skip


def lay_campaign(*, store_id: int, credits: int) -> Campaign:
    """A campaign that is being sent and has nobody yet, for the baseline to fill. Its store must be stopped."""
    with transaction.atomic():
        now = timezone.now()
        campaign = Campaign.objects.create(
            store_id=store_id, name="Baseline", message=MESSAGE, audience={"kind": "all"}, run=1, created_by=ACTOR.name
        )
        reservation = hold(store_id=store_id, amount=credits, key=f"campaign:{campaign.pk}:1", label="Baseline")
        CampaignProgress.objects.create(campaign=campaign)
        # Touched tomorrow: no sweep goes on with it, and none finishes it while it is empty.
        CampaignSnapshot.objects.create(campaign=campaign, bound=0, touched_at=now + timedelta(days=1))
        Campaign.objects.filter(pk=campaign.pk).update(
            status="sending", reservation=reservation, sender="Benchmark", started_at=now
        )
    return campaign


def sent_campaign(shop: Shop, *, people: int, status: str) -> int:
    """A campaign that went out to the shop's first contacts, all in SQL; its id. `status`: sent or delivered.

    With batches, recipients and the log lines of the hand-over, but no entry in the ledger of credits.
    """
    with transaction.atomic():
        now = timezone.now()
        account = account_of(shop.store_id)
        campaign = Campaign.objects.create(
            store_id=shop.store_id, name="Old", message=MESSAGE, audience={"kind": "all"}, created_by=ACTOR.name
        )
        closed = CreditReservation.objects.create(
            account=account, key=f"old:{campaign.pk}", label="Old", amount=people, charged=people, state="closed",
            closed_at=now,
        )  # fmt: skip
        CampaignSnapshot.objects.create(campaign=campaign, bound=0, recipients=people, done_at=now)
        params = {
            "campaign": campaign.pk, "store": shop.store_id, "reservation": closed.pk, "people": people,
            "size": settings.SMS_BATCH_SIZE, "status": status, "final": status == "delivered",
        }  # fmt: skip
        # A million rows in one statement may take more than a request is given, on a disk that others use, too.
        execute("SET LOCAL statement_timeout = '10min'", {})
        for statement in (OLD_BATCHES, OLD_RECIPIENTS, OLD_LOG):
            execute(statement, params)
        CampaignProgress.objects.create(
            campaign=campaign, audience=people, parts_sent=people, credits_charged=people, **{status: people}
        )
        for step in ("sending", "completed"):
            Campaign.objects.filter(pk=campaign.pk).update(
                status=step, run=1, reservation=closed, started_at=now, finished_at=now
            )
    return campaign.pk


OLD_BATCHES = """
    INSERT INTO campaigns_sendbatch
           (store_id, campaign_id, reservation_id, run, state, size, parts, fence, owner, claims, attempt, spent,
            called_at, settled_at, account_id, error_class, error, resolution, created_at)
    SELECT %(store)s, %(campaign)s, %(reservation)s, 1, 'done', %(size)s, %(size)s, 1, '', 0, 1, 1,
           now(), now(), (SELECT min(id) FROM messaging_provideraccount), '', '', '', now()
      FROM generate_series(0, (%(people)s - 1) / %(size)s)
"""
OLD_RECIPIENTS = """
    INSERT INTO campaigns_campaignrecipient
           (store_id, campaign_id, contact_id, batch_id, phone, status, parts, credits, charged, attempt, rank,
            sent_at, final_at)
    SELECT %(store)s, %(campaign)s, p.id, b.id, p.phone, %(status)s, 1, 1, 1, 1,
           CASE WHEN %(final)s THEN 9 ELSE 0 END, now(), CASE WHEN %(final)s THEN now() END
      FROM (SELECT c.id, c.phone, (row_number() OVER (ORDER BY c.id) - 1) / %(size)s AS place
              FROM audiences_contact c
             WHERE c.store_id = %(store)s
             ORDER BY c.id
             LIMIT %(people)s) p
      JOIN (SELECT b.id, row_number() OVER (ORDER BY b.id) - 1 AS place
              FROM campaigns_sendbatch b
             WHERE b.campaign_id = %(campaign)s) b USING (place)
     ORDER BY p.id
"""
OLD_LOG = """
    INSERT INTO messaging_messagelog
           (store_id, campaign_id, recipient_id, batch_id, attempt, account_id, kind, outcome, provider_message_id,
            raw_status, error_class, error_code, text, at)
    SELECT r.store_id, r.campaign_id, r.id, r.batch_id, 1, (SELECT min(id) FROM messaging_provideraccount), 'attempt',
           'accepted', md5(r.id::text), '', '', '',
           'Hello Katerina, everything is 20%% off this weekend. Show this text at the till. Reply STOP to end.', now()
      FROM campaigns_campaignrecipient r
     WHERE r.campaign_id = %(campaign)s
     ORDER BY r.id
"""


def make_history(shop: Shop, *, recipients: int) -> None:
    """Old campaigns to the shop's contacts, so many recipients in all, delivered."""
    with Bar(f"{recipients:,} old recipients", total=recipients) as bar:
        for done in range(0, recipients, shop.people):
            people = min(shop.people, recipients - done)
            sent_campaign(shop, people=people, status="delivered")
            bar.show(done + people)
    settle_down()


def settle_down() -> None:
    """Statistics, visibility and a checkpoint, so that no road pays for what was written before it."""
    execute("SET statement_timeout = '10min'", {})
    for table in ("audiences_contact", "campaigns_campaignrecipient", "campaigns_sendbatch", "messaging_messagelog"):
        execute(f"VACUUM ANALYZE {table}", {})
    execute("CHECKPOINT", {})
    execute("RESET statement_timeout", {})
