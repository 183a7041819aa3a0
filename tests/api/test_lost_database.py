"""The database goes away in the middle of a request: 503, and a second try ends as if nothing had happened."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from billing.services import account_of
from campaigns.models import Campaign, CampaignEvent, CampaignRecipient
from campaigns.snapshot import prepare
from config.models import IdempotencyRecord
from config.opaque import public_id
from tests.api.clients import V1, code, with_key
from tests.factories import CampaignFactory, StoreFactory
from tests.steps import assert_sound

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_connection() -> Iterator[None]:
    """A broken connection is of this test only."""
    yield
    connection.close()


def cut_at(statement: int, act: Callable[[], Any]) -> tuple[Any, bool]:
    """Do something whose n-th statement finds that the server ended our session; was it reached?"""
    left = statement
    dsn = psycopg.conninfo.make_conninfo(connection.connection.info.dsn)

    def count(execute: Any, *args: Any) -> Any:
        nonlocal left
        left -= 1
        if left == -1:
            with psycopg.connect(dsn) as other:
                other.execute("SELECT pg_terminate_backend(%s, 1000)", [connection.connection.info.backend_pid])
        return execute(*args)

    with connection.execute_wrapper(count):
        result = act()
    return result, left < 0


def click(api: APIClient, campaign: Campaign) -> Any:
    """Enqueue with a key, as a client does that wants to be sure."""
    address = f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}/enqueue"
    return api.post(address, {}, HTTP_IDEMPOTENCY_KEY=f"click-{campaign.pk}")


def a_minute_later() -> None:
    IdempotencyRecord.objects.update(locked_at=timezone.now() - timedelta(seconds=61))


def test_an_enqueue_cut_off_on_its_way_is_503_and_once_in_the_end() -> None:
    cut, told = 0, []
    while True:
        store = StoreFactory.create()
        campaign, api = CampaignFactory.create(store=store, people=2), with_key(store)
        answer, reached = cut_at(cut, lambda api=api, campaign=campaign: click(api, campaign))  # type: ignore[misc]
        if not reached:
            break
        connection.close()
        told.append(answer.status_code)
        if answer.status_code == 503:
            assert code(answer) == (503, "QUEUE_UNAVAILABLE"), f"cut at statement {cut}"

        a_minute_later()
        again = click(api, campaign)

        assert again.status_code == 202 or code(again) == (409, "ALREADY_SENDING"), f"cut at statement {cut}"
        prepare(campaign.pk)  # what the sweep does for a launch whose recipients were not written down
        assert CampaignEvent.objects.filter(campaign=campaign, event="launch").count() == 1
        assert CampaignRecipient.objects.filter(campaign=campaign).count() == 2
        assert (account_of(store.pk).held, account_of(store.pk).balance) == (2, 1000)
        cut += 4  # every statement takes a minute; set this to 1 after a change of the road

    assert answer.status_code == 202
    assert cut > 25
    assert set(told) <= {503, 202}
    assert_sound()


def test_a_cancel_cut_off_on_its_way_happened_wholly_or_not_at_all() -> None:
    cut = 1
    while True:
        store = StoreFactory.create()
        campaign, api = CampaignFactory.create(store=store, people=1), with_key(store)
        click(api, campaign)
        address = f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}/cancel"
        answer, reached = cut_at(cut, lambda api=api, address=address: api.post(address, {}))  # type: ignore[misc]
        if not reached:
            break
        connection.close()

        campaign.refresh_from_db()
        moved = campaign.status != "sending"
        assert answer.status_code in {200, 503}, f"cut at statement {cut}"
        assert CampaignEvent.objects.filter(campaign=campaign, event="cancel").count() == int(moved)
        cut += 2

    assert answer.status_code == 200
    assert cut > 5


def test_a_lost_database_is_told_to_every_road(monkeypatch: pytest.MonkeyPatch) -> None:
    store = StoreFactory.create()
    campaign, api = CampaignFactory.create(store=store, people=1), with_key(store)
    address = f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}"
    connection.close()

    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "HOST", "/nowhere")
        answers = [
            api.get(f"{V1}/campaigns"),
            api.post(f"{V1}/campaigns", {"name": "x", "message": "Hi", "audience": {"all": True}}),
            api.patch(address, {"name": "x"}),
            api.get(f"{address}/progress"),
            api.post(f"{address}/enqueue", {}),
            api.post(f"{address}/enqueue", {}, HTTP_IDEMPOTENCY_KEY="k"),
            api.post(f"{address}/cancel", {}),
            api.post(f"{V1}/contacts", {"phone": "6941234567"}),
            api.get(f"{V1}/store/balance"),
        ]

    assert [code(answer) for answer in answers] == [(503, "QUEUE_UNAVAILABLE")] * 9
    assert {answer["Retry-After"] for answer in answers} == {"2"}
    assert {answer.json()["retry_after"] for answer in answers} == {2}
    connection.close()
    campaign.refresh_from_db()
    assert (campaign.status, Campaign.objects.count()) == ("draft", 1)
