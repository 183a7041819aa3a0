"""Retries and dead letters over HTTP."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from audiences.models import Store
from billing.services import account_of, hold
from campaigns.models import Campaign, SendBatch
from config.models import AuditEvent
from config.opaque import public_id
from providers.interface import Accepted, Refused
from tests.api.clients import V1, code, pointers, with_key
from tests.campaigns.roads import dead, handed_over
from tests.steps import statuses

BUSY = Refused("provider_error", "busy", retryable=True)
NOT_THERE = Refused("unreachable", "absent", retryable=False)
BAD_NUMBER = Refused("invalid_number", "7", retryable=False)


@pytest.fixture
def campaign(store: Store) -> Campaign:
    """Ended: one got it, one was not there, one number was wrong."""
    return handed_over([Accepted("m-1"), NOT_THERE, BAD_NUMBER], store=store)


@pytest.fixture
def letter(store: Store) -> SendBatch:
    """A dead letter with two failed recipients."""
    return SendBatch.objects.get(campaign=dead([BUSY, BUSY], store=store))


def address(campaign: Campaign, action: str) -> str:
    """The address of an action on a campaign."""
    return f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}/{action}"


def of(letter: SendBatch, action: str) -> str:
    """The address of an action on a dead letter."""
    return f"{V1}/dead-letters/{public_id(letter.pk, kind='bat')}/{action}"


def listed(client: APIClient) -> list[dict[str, Any]]:
    """The dead letters that a client is shown."""
    results: list[dict[str, Any]] = client.get(f"{V1}/dead-letters").json()["results"]
    return results


def test_the_price_of_a_retry_by_class(api: APIClient, campaign: Campaign) -> None:
    one = {"recipients": 1, "credits": 1}

    assert api.get(address(campaign, "retry-price")).json() == {"by_class": {"unreachable": one}, **one}
    both = api.get(address(campaign, "retry-price"), {"classes": "unreachable,invalid_number"}).json()
    assert both == {"by_class": {"unreachable": one, "invalid_number": one}, "recipients": 2, "credits": 2}


def test_a_retry_sends_again_and_holds_its_price(api: APIClient, campaign: Campaign, store: Store) -> None:
    answer = api.post(address(campaign, "retry-failed"), {})

    assert (answer.status_code, answer.json()["status"]) == (202, "sending")
    assert statuses(campaign) == {"sent": 1, "pending": 1, "failed": 1}
    assert account_of(store.pk).held == 1


def test_a_retry_of_chosen_classes(api: APIClient, campaign: Campaign) -> None:
    api.post(address(campaign, "retry-failed"), {"classes": ["invalid_number", "unreachable"]})

    assert statuses(campaign) == {"sent": 1, "pending": 2}


def test_the_same_key_is_one_retry(api: APIClient, campaign: Campaign, store: Store) -> None:
    answers = [api.post(address(campaign, "retry-failed"), {}, HTTP_IDEMPOTENCY_KEY="again-1") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert SendBatch.objects.filter(campaign=campaign, run=2).count() == 1
    assert account_of(store.pk).held == 1


def test_a_second_click_without_a_key_is_refused(api: APIClient, campaign: Campaign) -> None:
    api.post(address(campaign, "retry-failed"), {})

    assert code(api.post(address(campaign, "retry-failed"), {})) == (409, "INVALID_STATUS")
    assert SendBatch.objects.filter(campaign=campaign, run=2).count() == 1


def test_nothing_that_failed_so_is_a_conflict(api: APIClient, campaign: Campaign) -> None:
    assert code(api.post(address(campaign, "retry-failed"), {"classes": ["expired"]})) == (409, "CONFLICT")
    assert statuses(campaign) == {"sent": 1, "failed": 2}


@pytest.mark.parametrize("classes", [["undelivered"], [], "unreachable", [7]])
def test_classes_that_there_are_not(api: APIClient, campaign: Campaign, classes: object) -> None:
    assert code(api.post(address(campaign, "retry-failed"), {"classes": classes})) == (400, "VALIDATION_ERROR")
    assert statuses(campaign) == {"sent": 1, "failed": 2}


def test_a_class_in_the_query_that_there_is_not(api: APIClient, campaign: Campaign) -> None:
    answer = api.get(address(campaign, "retry-price"), {"classes": "unknown"})

    assert (code(answer), pointers(answer)) == ((400, "VALIDATION_ERROR"), [("#/classes", "invalid")])


def test_reading_keys_see_the_price_and_retry_nothing(reader: APIClient, campaign: Campaign) -> None:
    assert reader.get(address(campaign, "retry-price")).status_code == 200
    assert code(reader.post(address(campaign, "retry-failed"), {})) == (403, "FORBIDDEN")


def test_strangers_neither_see_nor_retry(stranger: APIClient, campaign: Campaign) -> None:
    assert code(stranger.get(address(campaign, "retry-price"))) == (404, "NOT_FOUND")
    assert code(stranger.post(address(campaign, "retry-failed"), {})) == (404, "NOT_FOUND")
    assert statuses(campaign) == {"sent": 1, "failed": 2}


def test_dead_letters_are_listed_with_their_error(api: APIClient, letter: SendBatch) -> None:
    [row] = listed(api)

    assert (row["id"], row["failed"], row["error_class"]) == (public_id(letter.pk, kind="bat"), 2, "provider_error")
    assert row["campaign"] == public_id(letter.campaign_id, kind="cmp")


def test_a_requeue_sends_again(api: APIClient, letter: SendBatch, store: Store) -> None:
    answer = api.post(of(letter, "requeue"), {"reason": "they say it works again"})

    assert answer.status_code == 202
    assert answer.json() == {
        "id": public_id(letter.pk, kind="bat"),
        "campaign": public_id(letter.campaign_id, kind="cmp"),
        "recipients": 2,
    }
    assert account_of(store.pk).held == 2
    assert listed(api) == []
    line = AuditEvent.objects.get(action="batch.requeue")
    assert (line.reason, line.actor.split(":")[0]) == ("they say it works again", "key")


def test_a_discarded_one_is_listed_no_more(api: APIClient, letter: SendBatch) -> None:
    assert api.post(of(letter, "discard"), {}).status_code == 204

    assert listed(api) == []
    assert statuses(letter.campaign) == {"failed": 2}


@pytest.mark.parametrize("action", ["requeue", "discard"])
def test_what_was_handled_is_handled_once(api: APIClient, letter: SendBatch, action: str, store: Store) -> None:
    api.post(of(letter, "requeue"), {})

    assert code(api.post(of(letter, action), {})) == (409, "INVALID_STATUS")
    assert account_of(store.pk).held == 2


def test_a_requeue_that_cannot_be_paid_changes_nothing(api: APIClient, store: Store) -> None:
    letter = SendBatch.objects.get(campaign=dead([BUSY, BUSY], store=store, credits=2))
    hold(store_id=store.pk, amount=1, key="campaign:999999:1", label="Another")

    assert code(api.post(of(letter, "requeue"), {})) == (402, "INSUFFICIENT_CREDITS")

    assert len(listed(api)) == 1
    assert account_of(store.pk).held == 1


@pytest.mark.parametrize("scopes", [("read",), ("read", "send")])
def test_dead_letters_need_an_admin_key(store: Store, letter: SendBatch, scopes: tuple[str, ...]) -> None:
    client = with_key(store, *scopes)

    assert code(client.get(f"{V1}/dead-letters")) == (403, "FORBIDDEN")
    assert code(client.post(of(letter, "requeue"), {})) == (403, "FORBIDDEN")
    assert code(client.post(of(letter, "discard"), {})) == (403, "FORBIDDEN")


@pytest.mark.parametrize("action", ["requeue", "discard"])
def test_strangers_have_no_dead_letters_of_ours(stranger: APIClient, letter: SendBatch, action: str) -> None:
    assert listed(stranger) == []
    assert code(stranger.post(of(letter, action), {})) == (404, "NOT_FOUND")
    assert SendBatch.objects.get(pk=letter.pk).resolution == ""


def test_nobody_is_asked_for_a_key(nobody: APIClient) -> None:
    assert code(nobody.get(f"{V1}/dead-letters")) == (401, "UNAUTHENTICATED")
