"""Live progress: tickets, the 307 of the API, and the stream process itself."""

import json
import time
from collections.abc import Iterator
from urllib.parse import unquote

import pytest
import requests
import time_machine
from django.core import signing
from django.test import Client

from audiences.models import Store
from campaigns.models import Campaign, CampaignProgress
from config.heartbeats import processes
from config.opaque import public_id
from messaging.stream.changes import show
from messaging.stream.tickets import WHOLE_STORE, Ticket, issue, read
from tests.api.clients import V1, code, with_key
from tests.factories import CampaignFactory
from tests.messaging.streams import StreamProcess, deliver, events, undelivered


@pytest.fixture(scope="module")
def stream(django_db_setup: None) -> Iterator[StreamProcess]:
    """The stream process on the tests' database."""
    running = StreamProcess()
    yield running
    running.stop()


@pytest.fixture
def campaign(transactional_db: None) -> Campaign:
    """A campaign of ten recipients of whom nobody got it yet."""
    return undelivered()


def path_of(campaign: Campaign) -> str:
    return f"/stream/campaigns/{public_id(campaign.pk, kind='cmp')}"


def ticket_of(campaign: Campaign) -> str:
    return issue(Ticket(campaign.pk, campaign.store_id))


def connect(stream: StreamProcess, campaign: Campaign, **headers: str) -> requests.Response:
    address = f"{stream.url}{path_of(campaign)}"
    return requests.get(address, params={"ticket": ticket_of(campaign)}, headers=headers, stream=True, timeout=20)


# Tickets ------------------------------------------------------------------------------------------------------------


def test_a_ticket_is_good_for_a_minute() -> None:
    with time_machine.travel("2026-05-04 12:00:00+00:00", tick=False) as clock:
        text = issue(Ticket(7, 3))

        clock.shift(60)
        assert read(text) == Ticket(7, 3)

        clock.shift(1)
        assert read(text) is None


@pytest.mark.parametrize(
    "text",
    ["", "x", "a:b:c", signing.dumps(["cmp_a", "str_b"], salt="another purpose")],
    ids=["empty", "a word", "three parts", "another purpose"],  # a signature has the time in it
)
def test_what_is_no_ticket_of_ours_opens_nothing(text: str) -> None:
    assert read(text) is None


# The API ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_api_sends_the_reader_to_the_stream_process(store: Store) -> None:
    campaign = CampaignFactory.create(store=store)
    name = public_id(campaign.pk, kind="cmp")

    answer = with_key(store, "read").get(f"{V1}/campaigns/{name}/events", HTTP_ACCEPT="text/event-stream")

    address, _, ticket = answer["Location"].partition("?ticket=")
    assert (answer.status_code, address) == (307, f"http://127.0.0.1:9/stream/campaigns/{name}")
    assert read(unquote(ticket)) == Ticket(campaign.pk, store.pk)
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_the_whole_store_has_a_stream_of_its_own(store: Store) -> None:
    answer = with_key(store, "read").get(f"{V1}/store/events", HTTP_ACCEPT="text/event-stream")

    address, _, ticket = answer["Location"].partition("?ticket=")
    name = public_id(store.pk, kind="str")
    assert (answer.status_code, address) == (307, f"http://127.0.0.1:9/stream/stores/{name}")
    assert read(unquote(ticket)) == Ticket(WHOLE_STORE, store.pk)


@pytest.mark.django_db
def test_a_strangers_campaign_gets_no_ticket(store: Store, other_store: Store) -> None:
    name = public_id(CampaignFactory.create(store=store).pk, kind="cmp")

    answer = with_key(other_store).get(f"{V1}/campaigns/{name}/events", HTTP_ACCEPT="text/event-stream")

    assert code(answer) == (404, "NOT_FOUND")


@pytest.mark.django_db
def test_the_stream_shows_what_the_api_shows(store: Store) -> None:
    campaign = CampaignFactory.create(store=store)
    CampaignProgress.objects.create(campaign=campaign, audience=4, pending=1, delivered=3)

    answer = with_key(store).get(f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}/progress")

    assert json.loads(show(Ticket(campaign.pk, store.pk)).data) == answer.json()
    assert answer.json()["counts"]["delivered"] == 3


# The process --------------------------------------------------------------------------------------------------------


def test_a_snapshot_comes_first_and_a_change_within_three_seconds(stream: StreamProcess, campaign: Campaign) -> None:
    response = connect(stream, campaign)
    arriving = events(response)

    first = next(arriving)
    changed_at = time.monotonic()
    deliver(campaign, 6)
    second = next(arriving)

    assert (first.name, json.loads(first.data)["counts"]["pending"]) == ("progress", 10)
    assert (second.name, json.loads(second.data)["counts"]["delivered"]) == ("progress", 6)
    assert time.monotonic() - changed_at < 3
    assert response.headers["Content-Type"] == "text/event-stream"
    assert response.headers["Cache-Control"] == "no-cache, no-transform"
    assert response.headers["X-Accel-Buffering"] == "no"
    assert response.headers["Access-Control-Allow-Origin"] == "http://127.0.0.1:8000"
    response.close()


def test_who_comes_back_with_the_last_event_gets_only_what_is_new(stream: StreamProcess, campaign: Campaign) -> None:
    with connect(stream, campaign) as response:
        seen = next(events(response)).id

    with connect(stream, campaign, **{"Last-Event-ID": seen}) as response:
        deliver(campaign, 2)
        new = next(events(response))

    assert json.loads(new.data)["counts"]["delivered"] == 2


def test_a_settled_campaign_is_shown_and_the_stream_ends(stream: StreamProcess, campaign: Campaign) -> None:
    deliver(campaign, 10)
    Campaign.objects.filter(pk=campaign.pk).update(status="scheduled", send_at="2026-05-04T12:00:00Z")
    Campaign.objects.filter(pk=campaign.pk).update(status="cancelled")

    with connect(stream, campaign) as response:
        names = [event.name for event in events(response)]

    assert names == ["progress", "end"]


def test_a_campaign_that_is_deleted_ends_its_stream(stream: StreamProcess, campaign: Campaign) -> None:
    with connect(stream, campaign) as response:
        arriving = events(response)
        next(arriving)

        campaign.delete()

        assert [event.name for event in arriving] == ["end"]


def test_the_door_is_shut_for_everything_else(stream: StreamProcess, campaign: Campaign) -> None:
    with time_machine.travel("2026-05-04 12:00:00+00:00", tick=False):
        expired = ticket_of(campaign)
    foreign = ticket_of(CampaignFactory.create())
    of_wrong_store = issue(Ticket(campaign.pk, campaign.store_id + 1))

    def get(path: str, ticket: str) -> requests.Response:
        return requests.get(f"{stream.url}{path}", params={"ticket": ticket}, timeout=20)

    assert get(path_of(campaign), "").status_code == 401
    assert get(path_of(campaign), expired).status_code == 401
    assert get(path_of(campaign), foreign).status_code == 404
    assert get(path_of(campaign), issue(Ticket(WHOLE_STORE, campaign.store_id))).status_code == 404
    assert get("/stream/stores/str_made_up", issue(Ticket(WHOLE_STORE, campaign.store_id))).status_code == 404
    assert get("/stream/campaigns/cmp_made_up", ticket_of(campaign)).status_code == 404
    assert get("/admin/", "").status_code == 404
    assert requests.post(f"{stream.url}{path_of(campaign)}", timeout=20).status_code == 405
    assert get(path_of(campaign), of_wrong_store).text == "retry: 2000\n\nevent: end\ndata: {}\n\n"


def test_fifty_streams_cost_no_threads_and_leave_none_behind(stream: StreamProcess, campaign: Campaign) -> None:
    with connect(stream, campaign) as response:
        next(events(response))
    before = stream.threads()

    opened = [connect(stream, campaign) for _ in range(50)]
    firsts = [next(events(response)) for response in opened]
    during = stream.threads()
    for response in opened:
        response.close()

    assert {first.name for first in firsts} == {"progress"}
    assert during - before <= 4
    assert stream.process.poll() is None


@pytest.mark.django_db(transaction=True)
def test_the_process_beats_and_says_good_bye() -> None:
    stream = StreamProcess()  # beside the one of the other tests, which beats too

    def beats() -> list[tuple[str, bool]]:
        return [(one.kind, one.alive) for one in processes() if one.name.endswith(f".{stream.process.pid}")]

    try:
        deadline = time.monotonic() + 10
        while not (seen := beats()) and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        stream.stop()

    assert seen == [("stream", True)]
    assert beats() == []


def test_the_web_process_has_no_stream(client: Client) -> None:
    assert client.get("/stream/campaigns/cmp_x").status_code == 404
