"""Watching over HTTP: progress with its forecast, results, batches in words, a refresh, and finding recipients."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from audiences.models import Store
from campaigns.models import Campaign, CampaignProgress, CampaignRecipient
from config.opaque import public_id
from messaging.models import ProviderAccount
from messaging.sending.settle import settle
from messaging.watching import pace
from messaging.watching.pace import look_up
from providers.interface import Accepted, Outcome, Refused
from tests.api.clients import V1, code, pointers
from tests.campaigns.roads import handed_over
from tests.factories import ProviderAccountFactory
from tests.steps import claimed, launched, marked, settlement

NUMBER = Refused("invalid_number", "21211", retryable=False)


@pytest.fixture
def account(db: None) -> ProviderAccount:
    """The way out; nothing is called here."""
    return ProviderAccountFactory.create(pk=1, parts_per_second=40)


@pytest.fixture(autouse=True)
def fresh_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test looks the limits up for itself."""
    monkeypatch.setattr(pace, "FRESH_SECONDS", 0.0)


def address(campaign: Campaign) -> str:
    return f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}"


# Progress -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("account")
def test_progress_says_how_fast_and_until_when(api: APIClient, store: Store) -> None:
    campaign = launched(store=store, people=45)
    work = claimed()
    marked(work)
    settle(settlement(work))

    shown = api.get(f"{address(campaign)}/progress").json()

    rate = shown["rate"]
    assert 0 < rate["messages"] == rate["parts"] <= 20  # in its first second, or as many as the machine needs
    assert (rate["allowed"], rate["full"], rate["slowed"]) == (40.0, 40.0, False)
    assert (shown["eta"]["basis"], shown["eta"]["reason"]) == ("measured", "")
    assert shown["eta"]["at"].endswith("Z")
    assert shown["preparation"]["percent"] == 100.0
    assert (shown["waiting"], shown["in_flight"], shown["drain"]) == (25, 0, None)


def test_without_a_way_out_it_says_so(api: APIClient, store: Store) -> None:
    shown = api.get(f"{address(launched(store=store, people=2))}/progress").json()

    assert (shown["eta"]["at"], shown["eta"]["reason"]) == (None, "no_route")
    assert "provider account" in shown["eta"]["detail"]


@pytest.mark.usefixtures("account")
def test_the_tag_ignores_the_clock_and_sees_every_count(api: APIClient, store: Store) -> None:
    campaign = launched(store=store, people=45)
    work = claimed()
    marked(work)
    settle(settlement(work))
    first = api.get(f"{address(campaign)}/progress")["ETag"]

    CampaignProgress.objects.filter(pk=campaign.pk).update(first_sent_at="2020-01-01T00:00:00Z")
    moved = api.get(f"{address(campaign)}/progress")["ETag"]
    again = api.get(f"{address(campaign)}/progress", HTTP_IF_NONE_MATCH=moved)
    claimed()
    claims = api.get(f"{address(campaign)}/progress", HTTP_IF_NONE_MATCH=moved)

    assert first != moved
    assert (again.status_code, claims.status_code) == (304, 200)
    assert claims.json()["in_flight"] == 20


def test_a_paused_campaign_tells_its_drain(api: APIClient, store: Store) -> None:
    campaign = launched(store=store, people=25)
    claimed()
    api.post(f"{address(campaign)}/pause", {})

    shown = api.get(f"{address(campaign)}/progress").json()

    assert shown["drain"] == {"in_flight": 20, "drained_at": None, "text": "20 in flight"}
    assert shown["eta"]["reason"] == "paused"


@pytest.mark.parametrize(
    ("change", "stopped"), [({"sending_stopped": True}, "store_stopped"), ({"status": "suspended"}, "store_stopped")]
)
def test_a_stopped_store_has_no_pace(store: Store, account: ProviderAccount, change: Any, stopped: str) -> None:
    assert look_up(store.pk) == (40.0, 40.0, "", False)

    Store.objects.filter(pk=store.pk).update(**change)

    assert look_up(store.pk).stopped == stopped


def test_switches_and_limits_are_in_the_pace(store: Store, account: ProviderAccount, settings: Any) -> None:
    settings.LIMIT_STORE_RATE = 15
    assert look_up(store.pk) == (15.0, 15.0, "", False)

    settings.QUEUE_DISABLED = True
    assert look_up(store.pk).stopped == "queue_disabled"


# Results ------------------------------------------------------------------------------------------------------------


def test_metrics_series_and_failures_are_told(api: APIClient, store: Store) -> None:
    campaign = handed_over([Accepted("1"), NUMBER], store=store)

    metrics = api.get(f"{address(campaign)}/metrics").json()
    series = api.get(f"{address(campaign)}/series?bucket=300").json()
    failures = api.get(f"{address(campaign)}/failures").json()

    assert (metrics["rates"]["accepted"], metrics["money"]["credits_charged"], metrics["opt_outs"]) == (0.5, 1, 0)
    assert (series["bucket"], [point["sent"] for point in series["points"]]) == (300, [1])
    assert [(group["reason"], group["recipients"]) for group in failures["groups"]] == [("invalid_number", 1)]
    assert failures["groups"][0]["codes"] == [{"code": "21211", "number": 1}]


@pytest.mark.parametrize(("query", "where"), [("bucket=7", "#/bucket"), ("hours=0", "#/hours"), ("pace=1", "#/pace")])
def test_a_bad_question_about_the_series_is_refused(api: APIClient, store: Store, query: str, where: str) -> None:
    answer = api.get(f"{address(launched(store=store))}/series?{query}")

    assert code(answer) == (400, "VALIDATION_ERROR")
    assert [pointer for pointer, _ in pointers(answer)] == [where]


def test_batches_speak_plainly_and_say_what_became_of_theirs(api: APIClient, store: Store) -> None:
    campaign = handed_over([Accepted("1"), NUMBER], store=store)

    [batch] = api.get(f"{address(campaign)}/batches").json()["results"]

    assert (batch["words"], batch["counts"]) == ("Handed over.", {"sent": 1, "failed": 1})
    assert (batch["error_class"], batch["error_words"][:25]) == ("invalid_number", "The number does not exist")


def test_batches_take_the_same_statements_however_many(
    api: APIClient, store: Store, django_assert_max_num_queries: Any
) -> None:
    campaign = launched(store=store, people=45)
    api.get(f"{address(campaign)}/batches")

    with django_assert_max_num_queries(4):
        assert len(api.get(f"{address(campaign)}/batches").json()["results"]) == 3


def test_the_history_has_words(api: APIClient, store: Store) -> None:
    campaign = launched(store=store)

    [event] = api.get(f"{address(campaign)}/history").json()["results"]

    assert (event["event"], event["words"]) == ("launch", "Started; the credits are held.")


def test_a_refresh_is_taken_once_a_minute(api: APIClient, store: Store) -> None:
    campaign = handed_over([Accepted("1")], store=store)

    first = api.post(f"{address(campaign)}/refresh")
    second = api.post(f"{address(campaign)}/refresh")

    assert (first.status_code, first.json()) == (202, {"batches": 1, "silent": 1})
    assert code(second) == (429, "RATE_LIMITED")
    assert second["Retry-After"] == "60"


# Recipients ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def mixed(store: Store) -> Campaign:
    """A campaign of fifty: of each of the first two batches one failed, the third waits."""
    campaign = launched(store=store, people=50)
    for _ in range(2):
        work = claimed()
        marked(work)
        outcomes: list[Outcome] = [NUMBER, *(Accepted(str(n)) for n in range(19))]
        settle(settlement(work, outcomes))
    return campaign


def test_recipients_are_narrowed_by_reason_and_batch(api: APIClient, mixed: Campaign) -> None:
    first = api.get(f"{address(mixed)}/batches").json()["results"][0]["id"]

    failed = api.get(f"{address(mixed)}/recipients?reason=invalid_number").json()["results"]
    of_batch = api.get(f"{address(mixed)}/recipients?batch={first}&status=sent").json()["results"]

    assert [row["status"] for row in failed] == ["failed", "failed"]
    assert len(of_batch) == 19
    assert {row["batch"] for row in of_batch} == {first}


@pytest.mark.parametrize(
    "query", ["reason=bad_luck", "batch=1", "phone=%2B306970000001", "status=failed&cursor=cub_x.cur_y"]
)
def test_a_bad_filter_is_refused(api: APIClient, mixed: Campaign, query: str) -> None:
    assert code(api.get(f"{address(mixed)}/recipients?{query}")) == (400, "VALIDATION_ERROR")


def test_a_narrowed_walk_may_have_short_pages_and_misses_nobody(
    api: APIClient, mixed: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaigns.api.reading.BATCHES_PER_PAGE", 1)
    pages, page = [], f"{address(mixed)}/recipients?status=failed&limit=5"

    while page:
        shown = api.get(page).json()
        pages.append(len(shown["results"]))
        page = shown["next"]

    assert pages == [1, 1, 0]


def test_a_recipient_is_found_by_phone_in_any_writing(api: APIClient, mixed: Campaign) -> None:
    wanted = CampaignRecipient.objects.filter(campaign=mixed).order_by("pk")[7]
    local = f"{wanted.phone[3:6]} {wanted.phone[6:]}" if wanted.phone else ""

    found = api.post(f"{address(mixed)}/recipients/lookup", {"phone": local}).json()["results"]
    none = api.post(f"{address(mixed)}/recipients/lookup", {"phone": "+306999999999"}).json()["results"]
    bad = api.post(f"{address(mixed)}/recipients/lookup", {"phone": "123"})

    assert ([row["phone"] for row in found], none) == ([wanted.phone], [])
    assert code(bad) == (400, "VALIDATION_ERROR")


def test_who_may_read_may_search(reader: APIClient, mixed: Campaign) -> None:
    assert reader.post(f"{address(mixed)}/recipients/lookup", {"phone": "+306999999999"}).status_code == 200
