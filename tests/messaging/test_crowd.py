"""Many readers on one stream process: all see every campaign finish, no thread is added, the web is not their concern.

`CROWD=2000` asks for as many readers as the product promises; CI has fewer.
"""

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from audiences.models import Store
from campaigns.models import Campaign, CampaignProgress
from messaging.stream import server
from messaging.stream.tickets import WHOLE_STORE, Ticket, issue
from tests.factories import CampaignFactory, StoreFactory
from tests.messaging.crowd import Crowd, Reader, most_readers
from tests.messaging.streams import StreamProcess

READERS = int(os.environ.get("CROWD", "400"))
CAMPAIGNS, PEOPLE = 20, 10


@pytest.fixture
def stream(transactional_db: None) -> Iterator[StreamProcess]:
    """A stream process that may hold them all."""
    most_readers(READERS)
    running = StreamProcess()
    yield running
    running.stop()


def sending(store: Store) -> Campaign:
    campaign = CampaignFactory.create(store=store, credits=0)
    CampaignProgress.objects.create(campaign=campaign, audience=PEOPLE, pending=PEOPLE)
    return campaign


def finish(campaigns: list[Campaign]) -> None:
    """Everybody got it, and nothing more will come."""
    ids = [campaign.pk for campaign in campaigns]
    CampaignProgress.objects.filter(pk__in=ids).update(pending=0, delivered=PEOPLE, version=1)
    rows = Campaign.objects.filter(pk__in=ids)
    rows.update(status="scheduled", send_at="2026-05-04T12:00:00Z")
    rows.update(status="cancelled")


async def in_thread(act: Callable[..., Any], *arguments: Any) -> Any:
    """Something with the database, which must not be asked from a loop; its connection is not left behind."""

    def once() -> Any:
        try:
            return act(*arguments)
        finally:
            connection.close()

    return await asyncio.to_thread(once)


def delivered(reader: Reader) -> int:
    return int(json.loads(reader.last["progress"])["counts"]["delivered"])


def test_every_reader_sees_every_campaign_finish_and_no_thread_is_added(stream: StreamProcess) -> None:
    store = StoreFactory.create()
    campaigns = [sending(store) for _ in range(CAMPAIGNS)]
    tickets = [Ticket(campaigns[n % CAMPAIGNS].pk, store.pk) for n in range(most_readers(READERS))]
    crowd = Crowd(stream.url, tickets)
    threads: list[int] = []

    async def watch(crowd: Crowd) -> None:
        await crowd.until(lambda seen: all(one.names for one in seen))
        threads.append(stream.threads())
        await in_thread(finish, campaigns)
        await crowd.until(lambda seen: all("end" in one.names for one in seen))
        threads.append(stream.threads())

    few = Crowd(stream.url, tickets[:1])
    asyncio.run(few.run(lambda crowd: crowd.until(lambda seen: bool(seen[0].names))))
    before = stream.threads()
    asyncio.run(crowd.run(watch))

    assert {delivered(reader) for reader in crowd.readers} == {PEOPLE}
    assert max(threads) - before <= 4
    assert stream.process.poll() is None


def test_one_stream_of_a_store_shows_all_its_campaigns_and_none_of_anothers(stream: StreamProcess) -> None:
    store, other = StoreFactory.create(), StoreFactory.create()
    first = sending(store)
    sending(other)
    crowd = Crowd(stream.url, [Ticket(WHOLE_STORE, store.pk)])

    async def watch(crowd: Crowd) -> None:
        await crowd.until(lambda seen: bool(seen[0].names))
        assert [one["name"] for one in shown(crowd)] == [first.name]
        second = await in_thread(sending, store)
        await crowd.until(lambda seen: len(shown(crowd)) == 2)
        await in_thread(finish, [second])
        await crowd.until(lambda seen: shown(crowd)[0]["status"] == "cancelled")

    asyncio.run(crowd.run(watch))

    assert [(one["status"], one["delivered"]) for one in shown(crowd)] == [("cancelled", PEOPLE), ("draft", 0)]
    assert set(crowd.readers[0].names) == {"campaigns"}


def shown(crowd: Crowd) -> list[dict[str, object]]:
    campaigns: list[dict[str, object]] = json.loads(crowd.readers[0].last["campaigns"])["campaigns"]
    return campaigns


def test_a_stream_is_closed_in_time_so_that_the_right_is_looked_at_again(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "OPEN_SECONDS", 0.5)
    campaign = sending(StoreFactory.create())
    ticket = Ticket(campaign.pk, campaign.store_id)
    told: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "path": ticket.path,
        "method": "GET",
        "query_string": f"ticket={issue(ticket)}".encode(),
        "headers": [],
    }

    async def say(message: Any) -> None:
        told.append(dict(message))

    async def connected() -> Any:
        await asyncio.Event().wait()

    stream = server.Stream()
    asyncio.run(stream(scope, connected, say))
    stream.poller._threads.shutdown()  # its connection is closed when the database is emptied

    assert told[0]["status"] == 200
    assert told[-1] == {"type": "http.response.body", "body": b""}
    assert b"event: end" not in b"".join(message.get("body", b"") for message in told)
