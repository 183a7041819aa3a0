"""A store at a glance: thirty days, the balance, what runs, what is planned, and what somebody should look at."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from audiences.models import OptInRequest, Store
from billing.services import account_of
from campaigns.dead_letters import waiting
from campaigns.metrics import share
from campaigns.models import Campaign, CampaignProgress
from campaigns.queries.watching import Day, days
from campaigns.states import CAMPAIGN_LIVE
from config.heartbeats import processes, served
from config.queues import Queue
from messaging.accounts import account_for
from messaging.health.work import oldest_due_batch

DAYS = 30
SHOWN = 20  # campaigns
CAMPAIGNS = 2000  # whose totals are added up: the latest of the thirty days
LATE_SECONDS = 60.0
COUNTS = ("sent", "delivered", "undelivered", "failed", "skipped", "unknown")


class Alert(NamedTuple):
    """Something that somebody should look at. `severity`: error, warning or info."""

    code: str
    severity: str
    words: str
    facts: dict[str, Any]


class Totals(NamedTuple):
    """Of campaigns that were started in the period: recipients by status now, parts and credits."""

    campaigns: int
    accepted: int
    delivered: int
    undelivered: int
    failed: int
    skipped: int
    unknown: int
    parts: int
    credits: int
    delivery_rate: float | None
    clicks: int
    clickers: int
    click_rate: float | None


class Dashboard(NamedTuple):
    """Everything of the store's first page."""

    since: date
    totals: Totals
    days: list[Day]
    account: Any
    running: list[Campaign]
    scheduled: list[Campaign]
    alerts: list[Alert]


def dashboard(store: Store) -> Dashboard:
    """The store now: a dozen statements over counters. Indexes: campaign_store, campaign_live, the minutes' key."""
    now = timezone.now()
    since = now - timedelta(days=DAYS)
    recent = Campaign.objects.filter(store_id=store.pk, started_at__gte=since).order_by("-pk")
    ids = list(recent.values_list("pk", flat=True)[:CAMPAIGNS])
    mine = Campaign.objects.filter(store_id=store.pk).select_related("progress")
    running = list(mine.filter(status__in=CAMPAIGN_LIVE).order_by("priority", "-pk")[:SHOWN])
    scheduled = list(mine.filter(status="scheduled").order_by("send_at", "pk")[:SHOWN])
    totals = _totals(ids)
    return Dashboard(
        since=since.date(),
        totals=totals,
        days=days(campaign_ids=ids, since=since, time_zone=store.time_zone),
        account=account_of(store.pk),
        running=running,
        scheduled=scheduled,
        alerts=[
            *house_alerts(store),
            *_of_money(store, totals),
            *_of_campaigns(store, running, scheduled, now),
            *_of_sign_ups(store, now),
        ],
    )


def _totals(ids: list[int]) -> Totals:
    names = (*COUNTS, "parts_sent", "credits_charged", "clicks", "clickers")
    sums = CampaignProgress.objects.filter(pk__in=ids).aggregate(**{name: Sum(name, default=0) for name in names})
    accepted = sums["sent"] + sums["delivered"] + sums["undelivered"]
    return Totals(
        campaigns=len(ids),
        accepted=accepted,
        **{name: sums[name] for name in COUNTS if name != "sent"},
        parts=sums["parts_sent"],
        credits=sums["credits_charged"],
        delivery_rate=share(sums["delivered"], accepted),
        clicks=sums["clicks"],
        clickers=sums["clickers"],
        click_rate=share(sums["clickers"], accepted),
    )


def house_alerts(store: Store) -> list[Alert]:
    """What keeps the store's messages from leaving, whatever campaign they are of."""
    found = []
    if settings.QUEUE_DISABLED:
        found.append(Alert("queue_disabled", "error", "All sending is switched off at the moment.", {}))
    if store.sending_stopped:
        found.append(Alert("store_stopped", "error", "Sending is stopped for this store: ask support.", {}))
    if account_for(store.pk) is None:
        found.append(Alert("no_route", "error", "No provider account may send at the moment.", {}))
    if Queue.SEND.value not in served(processes()):
        late = oldest_due_batch()
        severity = "error" if late is not None and late > LATE_SECONDS else "warning"
        found.append(Alert("no_worker", severity, "Nobody works on sending: messages wait.", {"seconds": late}))
    return found


def _of_money(store: Store, totals: Totals) -> list[Alert]:
    available = account_of(store.pk).available
    week = totals.credits * 7 // DAYS
    if available <= 0:
        return [Alert("no_credits", "error", "There are no credits left.", {"available": available})]
    if available < week:
        words = "The credits will last for less than a week at the pace of the last thirty days."
        return [Alert("low_balance", "warning", words, {"available": available, "a_week": week})]
    return []


def _of_sign_ups(store: Store, now: datetime) -> list[Alert]:
    """Index: optinrequest_store, a day of it."""
    since = now - timedelta(days=1)
    lost = OptInRequest.objects.filter(store=store, created_at__gte=since, state="refused", reason="no_credits").count()
    if not lost:
        return []
    words = f"{lost} people who signed up in the last day got no confirmation: there were no credits for it."
    return [Alert("sign_ups_lost", "error", words, {"sign_ups": lost})]


def _of_campaigns(store: Store, running: list[Campaign], scheduled: list[Campaign], now: datetime) -> list[Alert]:
    found = []
    if dead := waiting(store_id=store.pk).count():
        words = f"{dead} batches were given up after several attempts: send them again or leave them."
        found.append(Alert("dead_letters", "warning", words, {"batches": dead}))
    if held := [campaign for campaign in running if campaign.status == "paused" and campaign.reason]:
        words = f"“{held[0].name}” is paused: {held[0].reason}"
        found.append(Alert("paused", "warning", words, {"campaigns": len(held)}))
    late = [campaign for campaign in scheduled if campaign.reason and campaign.send_at and campaign.send_at < now]
    if late:
        words = f"“{late[0].name}” could not start: {late[0].reason}"
        found.append(Alert("not_started", "error", words, {"campaigns": len(late)}))
    return found
