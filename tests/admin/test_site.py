"""The door, the frame and the first page of the ops console."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from audiences.models import Contact, User
from campaigns.models import Campaign, CampaignProgress, SendBatch
from campaigns.services.launch import launch
from config.audit import SYSTEM
from config.heartbeats import Process, beat
from config.models import Heartbeat
from config.ops import pages
from config.ops.marks import about, bar, change, masked
from config.ops.pages import CarefulPaginator
from messaging.account_changes import set_active
from messaging.models import AccountHealth, Alert, Receipt
from messaging.ops.dashboard import dashboard
from messaging.routes.health import move_away
from messaging.templatetags.ops_marks import seconds
from providers.interface import Unsure
from tests.campaigns.roads import handed_over
from tests.factories import CampaignFactory, ContactFactory, ProviderAccountFactory
from tests.steps import launched

LOGIN = {"username": "boss@example.org", "password": "correct horse battery", "next": "/admin/"}


@pytest.fixture
def sending(db: None) -> Campaign:
    """A campaign of four with one batch that has been due for a minute."""
    campaign = CampaignFactory.create(people=4)
    launch(store_id=campaign.store_id, campaign_id=campaign.pk, quote_id=None, actor=SYSTEM)
    SendBatch.objects.update(ready_at=timezone.now() - timedelta(seconds=60))
    return campaign


# The door -----------------------------------------------------------------------------------------------------------


def test_staff_logs_in_by_email_and_meets_our_name(client: Client, boss: User) -> None:
    answer = client.post("/admin/login/", LOGIN, follow=True)

    assert answer.request["PATH_INFO"] == "/admin/"
    assert b"Heliograph ops" in answer.content
    assert b"/static/ops/skin.css" in answer.content


def test_the_sixth_attempt_waits(client: Client, boss: User) -> None:
    for _ in range(5):
        client.post("/admin/login/", {**LOGIN, "password": "wrong"})

    answer = client.post("/admin/login/", LOGIN)

    assert answer.status_code == 429
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("path", ["/admin/login/", "/admin/", "/admin/campaigns/campaign/"])
def test_pages_carry_a_strict_policy_and_nothing_inline(ops: Client, path: str) -> None:
    answer = ops.get(path, follow=True)

    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    assert b" style=" not in answer.content
    assert b" onclick=" not in answer.content


# The first page -----------------------------------------------------------------------------------------------------


def test_it_shows_what_runs_and_what_waits(ops: Client, sending: Campaign) -> None:
    beat(Process(name="send1@host", kind="worker", queues=("send",)))
    CampaignProgress.objects.filter(campaign=sending).update(pending=2, delivered=1, unknown=1)

    page = ops.get("/admin/")

    now = page.context["now"]
    [campaign] = now.running
    assert (campaign.id, campaign.done, campaign.audience, campaign.percent) == (sending.pk, 2, 4, 50)
    assert (now.workers, now.live, now.gauges.ready, now.idle) == (1, 1, 1, False)
    assert (campaign.unknown, campaign.stuck) == (1, False)
    assert sending.name.encode() in page.content


def test_work_that_nobody_does_is_an_alarm(ops: Client, sending: Campaign) -> None:
    beat(Process(name="work@host", kind="worker", queues=("default",)))
    assert b"no worker sends" in ops.get("/admin/").content

    beat(Process(name="send1@host", kind="worker", queues=("send",)))
    assert b"no worker sends" not in ops.get("/admin/").content

    Heartbeat.objects.filter(name="send1@host").update(beat_at=timezone.now() - timedelta(minutes=1))
    assert dashboard().idle


def test_dead_batches_are_counted_until_they_are_handled(sending: Campaign) -> None:
    SendBatch.objects.update(state="dead")
    assert dashboard().gauges.dead == 1

    SendBatch.objects.update(resolution="discarded")
    assert dashboard().gauges.dead == 0


def test_without_beat_there_is_an_alarm_and_every_sweep_is_late(ops: Client) -> None:
    page = ops.get("/admin/")

    assert b"No Beat is alive" in page.content
    assert len(page.context["now"].trouble) == len(page.context["now"].sweeps)


def test_a_stuck_campaign_comes_first_and_says_so(ops: Client, sending: Campaign) -> None:
    launched()
    now = timezone.now()
    told = {"detail": "4 recipients wait.", "opened_at": now, "seen_at": now}
    Alert.objects.create(name="campaign_stuck", subject=f"campaign:{sending.pk}", **told)
    Campaign.objects.filter(pk=sending.pk).update(started_at=now - timedelta(days=1))

    page = ops.get("/admin/")

    first, second = page.context["now"].running
    assert ((first.id, first.stuck), second.stuck) == ((sending.pk, True), False)
    assert (
        f'<a href="/admin/campaigns/campaign/{sending.pk}/change/">campaign:{sending.pk}</a>' in page.content.decode()
    )


def test_unknown_recipients_and_holds_are_summed(db: None) -> None:
    handed_over([Unsure("timeout"), Unsure("timeout")])
    SendBatch.objects.update(state="ambiguous")

    found = dashboard().gauges

    assert (found.unknown, found.ambiguous, found.holds, found.held) == (2, 1, 1, 2)


def test_waiting_receipts_and_their_lag_are_told(db: None) -> None:
    late = timezone.now() - timedelta(seconds=90)
    Receipt.objects.create(account_id=1, dedupe="a", status="delivered", next_try_at=late)
    Receipt.objects.create(account_id=1, dedupe="b", status="delivered", tries=3, outcome="unmatched")
    Receipt.objects.create(account_id=1, dedupe="c", status="delivered", applied_at=late)

    now = dashboard()

    assert (now.gauges.receipts, now.gauges.unmatched) == (2, 1)
    assert 90 <= (now.gauges.receipts_due or 0) < 3600
    assert [lane.rows for lane in now.lanes if lane.name == "receipts"] == [2]


def test_the_breaker_of_each_account_is_told(db: None) -> None:
    away, probing, stopped, good = (ProviderAccountFactory.create(name=name) for name in ("a", "b", "c", "d"))
    move_away(away, reason="3 calls failed")
    move_away(probing, reason="3 calls failed")
    AccountHealth.objects.filter(account=probing).update(away_until=timezone.now() - timedelta(seconds=1))
    set_active(account_id=stopped.pk, active=False, actor=SYSTEM, reason="empty")

    found = {route.account.name: (route.breaker, route.reason, route.moves) for route in dashboard().routes}

    assert found == {
        "a": ("away", "3 calls failed", 1),
        "b": ("probing", "3 calls failed", 1),
        "c": ("stopped", "empty", 0),
        "d": ("ok", "", 0),
    }
    assert good.pk


# Lists and marks ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_large_table_is_estimated_and_a_narrowed_list_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    store = ContactFactory.create().store
    ContactFactory.create_batch(9, store=store)
    monkeypatch.setattr(pages, "EXACT", 5)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE audiences_contact")

    assert CarefulPaginator(Contact.objects.order_by("-pk"), 2).count == 10
    assert CarefulPaginator(Contact.objects.filter(store=store).order_by("-pk"), 2).count == 6
    assert CarefulPaginator(Contact.objects.filter(pk=0).order_by("-pk"), 2).count == 0


@pytest.mark.django_db
def test_pages_end_where_offset_would_hurt(monkeypatch: pytest.MonkeyPatch) -> None:
    ContactFactory.create_batch(5)
    monkeypatch.setattr(pages, "PAGES", 2)

    assert CarefulPaginator(Contact.objects.order_by("-pk"), 1).num_pages == 2


@pytest.mark.parametrize(
    ("span", "text"), [(None, "–"), (0.4, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (172_800, "2 d")]
)
def test_spans_are_read_at_a_glance(span: float | None, text: str) -> None:
    assert seconds(span) == text


def test_marks_say_it_without_a_style_sheet() -> None:
    assert bar(done=1, of=3) == ('<span class="nowrap"><progress max="3" value="1">33%</progress> 33%</span>')
    assert bar(done=0, of=0) == "–"
    assert masked("+306971234567") == "+3069•••567"
    assert masked(None) == "–"


def test_what_an_alert_is_about_is_a_link_where_there_is_a_page() -> None:
    assert about("campaign:7") == '<a href="/admin/campaigns/campaign/7/change/">campaign:7</a>'
    assert about("sweep:messaging.watch") == '<a href="/admin/config/sweeprun/">sweep:messaging.watch</a>'
    assert about("campaign:<b>") == "campaign:&lt;b&gt;"
    assert about("") == "the house"


def test_before_and_after_are_read_at_a_glance() -> None:
    assert change({"before": "sending", "after": "paused"}) == '<span class="nowrap">sending → paused</span>'
    assert change({"before": [], "after": ["a", "b"]}) == '<span class="nowrap">– → a, b</span>'
    assert change({"before": None, "after": "<i>"}) == '<span class="nowrap">– → &lt;i&gt;</span>'
    assert change({"credits": 3}) == "–"
