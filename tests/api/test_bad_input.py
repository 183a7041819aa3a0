"""Whatever is wrong with a request: it gets its code, and the whole database is as it was before."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from audiences.models import Store
from audiences.services.consent import suppress
from campaigns.models import Campaign, Quote
from campaigns.services.launch import launch
from config.audit import SYSTEM
from config.opaque import public_id
from tests.api.clients import V1, code
from tests.api.world import world
from tests.factories import CampaignFactory, ContactFactory, ContactListFactory, StoreFactory, api_id

LATER = "2099-01-01T09:00:00Z"
Arrange = Callable[[Store], Campaign]


def path(campaign: Campaign) -> str:
    return f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}"


def draft(store: Store, **columns: Any) -> Campaign:
    return CampaignFactory.create(**{"store": store, "people": 2, **columns})


def _lost_list(store: Store) -> Campaign:
    gone = ContactListFactory.create(store=store, contacts=ContactFactory.create_batch(2, store=store))
    audience = {"kind": "list", "id": gone.pk, "exclude": []}
    gone.delete()
    return draft(store, audience=audience)


def _lost_exclusion(store: Store) -> Campaign:
    gone = ContactListFactory.create(store=store)
    audience = {"kind": "all", "exclude": [{"kind": "list", "id": gone.pk}]}
    gone.delete()
    return draft(store, audience=audience)


def _nobody_agreed(store: Store) -> Campaign:
    ContactFactory.create(store=store, consent="unknown")
    ContactFactory.create(store=store, consent="opted_out")
    return draft(store, people=0)


def _all_suppressed(store: Store) -> Campaign:
    contact = ContactFactory.create(store=store)
    suppress(store_id=None, phone=str(contact.phone), reason="complaint", source="test", actor=SYSTEM)
    return draft(store, people=0)


def _all_lack_a_field(store: Store) -> Campaign:
    ContactFactory.create_batch(2, store=store, last_name="")
    return draft(store, people=0, message="Dear {{last_name}}", on_missing="skip")


def _ended(status: str) -> Arrange:
    def arrange(store: Store) -> Campaign:
        campaign = draft(store)
        launch(store_id=store.pk, campaign_id=campaign.pk, quote_id=None, actor=SYSTEM)
        Campaign.objects.filter(pk=campaign.pk).update(status=status, finished_at=timezone.now())
        return campaign

    return arrange


def _stopped(store: Store) -> Campaign:
    Store.objects.filter(pk=store.pk).update(sending_stopped=True)
    return draft(store)


@pytest.mark.parametrize(
    ("arrange", "status", "refusal"),
    [
        (_lost_list, 400, "NO_RECIPIENTS"),
        (_lost_exclusion, 400, "NO_RECIPIENTS"),
        (lambda store: draft(store, people=0), 400, "NO_RECIPIENTS"),
        (_nobody_agreed, 400, "NO_RECIPIENTS"),
        (_all_suppressed, 400, "NO_RECIPIENTS"),
        (_all_lack_a_field, 400, "NO_RECIPIENTS"),
        (lambda store: draft(store, message=""), 400, "NO_MESSAGE_TEXT"),
        (lambda store: draft(store, message=" \n "), 400, "NO_MESSAGE_TEXT"),
        (lambda store: draft(store, credits=1), 402, "INSUFFICIENT_CREDITS"),
        (lambda store: draft(store, credits=0), 402, "INSUFFICIENT_CREDITS"),
        (_stopped, 403, "BILLING_HOLD"),
        (_ended("cancelled"), 409, "INVALID_STATUS"),
        (_ended("completed"), 409, "INVALID_STATUS"),
        (_ended("failed"), 409, "INVALID_STATUS"),
    ],
)
@pytest.mark.parametrize("key", [{}, {"HTTP_IDEMPOTENCY_KEY": "click-1"}])
def test_an_enqueue_that_is_refused_changes_nothing(
    api: APIClient, store: Store, arrange: Arrange, status: int, refusal: str, key: dict[str, Any]
) -> None:
    campaign = arrange(store)
    before = world()

    answers = [api.post(f"{path(campaign)}/enqueue", {}, **key) for _ in range(2)]

    assert [code(answer) for answer in answers] == [(status, refusal)] * 2
    assert world() == before


def test_an_audience_of_nobody_says_why(api: APIClient, store: Store) -> None:
    answer = api.post(f"{path(_nobody_agreed(store))}/enqueue", {})

    assert answer.json()["exclusions"] == {"not_opted_in": 1, "opted_out": 1}


def test_missing_credits_are_named_in_parts_times_price(api: APIClient, store: Store) -> None:
    campaign = draft(store, people=3, credits=4, message="x" * 161)

    answer = api.post(f"{path(campaign)}/enqueue", {})

    assert [answer.json()[name] for name in ("required", "available", "missing")] == [6, 4, 2]


def test_credits_that_another_campaign_holds_are_not_there(api: APIClient, store: Store) -> None:
    first, second = draft(store, credits=3), draft(store, people=0, credits=0)
    assert api.post(f"{path(first)}/enqueue", {}).status_code == 202
    before = world()

    answer = api.post(f"{path(second)}/enqueue", {})

    assert code(answer) == (402, "INSUFFICIENT_CREDITS")
    assert [answer.json()[name] for name in ("required", "available", "missing")] == [2, 1, 1]
    assert world() == before


def test_too_large_an_audience_needs_a_quote_first(api: APIClient, store: Store, settings: Settings) -> None:
    settings.QUOTE_INLINE_MAX = 1
    campaign = draft(store)
    before = world()

    assert code(api.post(f"{path(campaign)}/enqueue", {})) == (409, "QUOTE_REQUIRED")
    assert world() == before
    quote = api.get(f"{path(campaign)}/quote").json()
    assert api.post(f"{path(campaign)}/enqueue", {"quote_id": quote["id"]}).status_code == 202


def _expired(campaign: Campaign, quote: Quote) -> None:
    Quote.objects.filter(pk=quote.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def _reworded(campaign: Campaign, quote: Quote) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(message="Something else")


def _of_another_campaign(campaign: Campaign, quote: Quote) -> None:
    Quote.objects.filter(pk=quote.pk).update(campaign_id=draft(campaign.store).pk)


def _of_another_store(campaign: Campaign, quote: Quote) -> None:
    Quote.objects.filter(pk=quote.pk).update(store=StoreFactory.create(), campaign_id=None)


def _one_more(campaign: Campaign, quote: Quote) -> None:
    ContactFactory.create(store=campaign.store)


def _one_agreed_no_more(campaign: Campaign, quote: Quote) -> None:
    campaign.store.contacts.filter(pk=campaign.store.contacts.earliest("pk").pk).update(
        consent="opted_out", updated_at=timezone.now()
    )


def _forgotten(campaign: Campaign, quote: Quote) -> None:
    Quote.objects.filter(pk=quote.pk).delete()


@pytest.mark.parametrize(
    "meanwhile",
    [_expired, _reworded, _of_another_campaign, _of_another_store, _one_more, _one_agreed_no_more, _forgotten],
)
def test_a_quote_that_does_not_hold_any_more_sends_nothing(
    api: APIClient, store: Store, meanwhile: Callable[[Campaign, Quote], None]
) -> None:
    campaign = draft(store)
    shown = api.get(f"{path(campaign)}/quote").json()
    meanwhile(campaign, Quote.objects.get())
    before = world()

    answer = api.post(f"{path(campaign)}/enqueue", {"quote_id": shown["id"]})

    assert code(answer) == (409, "QUOTE_CHANGED")
    assert world() == before


@pytest.mark.parametrize("status", ["sending", "paused"])
def test_a_campaign_on_its_way_is_already_sending(api: APIClient, store: Store, status: str) -> None:
    campaign = draft(store)
    api.post(f"{path(campaign)}/enqueue", {})
    if status == "paused":
        api.post(f"{path(campaign)}/pause", {})
    before = world()

    answer = api.post(f"{path(campaign)}/enqueue", {})

    assert code(answer) == (409, "ALREADY_SENDING")
    assert answer.json()["campaign_status"] == status
    assert world() == before


@pytest.mark.parametrize(
    "change", [{"name": "New"}, {"message": "Other"}, {"audience": {"all": True}}, {"send_at": LATER}]
)
@pytest.mark.parametrize("status", ["sending", "paused", "cancelled"])
def test_a_campaign_that_was_sent_cannot_be_edited(
    api: APIClient, store: Store, status: str, change: dict[str, Any]
) -> None:
    campaign = draft(store)
    api.post(f"{path(campaign)}/enqueue", {})
    for action in {"sending": [], "paused": ["pause"], "cancelled": ["cancel"]}[status]:
        api.post(f"{path(campaign)}/{action}", {})
    before = world()

    answers = [api.patch(path(campaign), change), api.delete(path(campaign))]

    assert [code(answer) for answer in answers] == [(409, "INVALID_STATUS")] * 2
    assert world() == before


ACTIONS = ("enqueue", "schedule", "unschedule", "pause", "resume", "cancel")


@pytest.mark.parametrize("made_up", ["cmp_nonsense", "7", "cmp_" + "a" * 26, "lst_", "%00", "%F0%9F%8C%B8", "x" * 3000])
def test_an_address_that_is_made_up_is_404_for_every_method(api: APIClient, store: Store, made_up: str) -> None:
    before = world()

    answers = [api.get(f"{V1}/campaigns/{made_up}"), api.patch(f"{V1}/campaigns/{made_up}", {"name": "x"})]
    answers += [api.delete(f"{V1}/campaigns/{made_up}")]
    answers += [api.post(f"{V1}/campaigns/{made_up}/{action}", {"send_at": LATER}) for action in ACTIONS]

    assert {code(answer) for answer in answers} == {(404, "NOT_FOUND")}
    assert world() == before


def test_an_id_of_another_kind_is_no_address(api: APIClient, store: Store) -> None:
    named = ContactListFactory.create(store=store)
    campaign = draft(store)

    assert code(api.get(f"{V1}/campaigns/{api_id(named)}")) == (404, "NOT_FOUND")
    assert code(api.get(f"{V1}/lists/{public_id(campaign.pk, kind='cmp')}")) == (404, "NOT_FOUND")


def test_other_stores_ids_in_a_body_are_refused_like_made_up_ones(
    api: APIClient, store: Store, other_store: Store
) -> None:
    theirs, contact = ContactListFactory.create(store=other_store), ContactFactory.create(store=other_store)
    ours, campaign = ContactListFactory.create(store=store), draft(store)
    bodies: list[tuple[Any, str, dict[str, Any]]] = []
    for list_id in (api_id(theirs), public_id(999_999, kind="lst")):
        for audience in ({"list": list_id}, {"all": True, "exclude": [{"list": list_id}]}):
            bodies += [
                (api.post, f"{V1}/campaigns", {"name": "x", "message": "Hi", "audience": audience}),
                (api.patch, path(campaign), {"audience": audience}),
                (api.post, f"{V1}/campaigns/quote", {"message": "Hi", "audience": audience}),
            ]
    for contact_id in (api_id(contact), public_id(999_999, kind="con")):
        bodies += [(api.post, f"{V1}/lists/{api_id(ours)}/members", {way: [contact_id]}) for way in ("add", "remove")]
    before = world()

    answers = [call(address, body) for call, address, body in bodies]

    assert [code(answer) for answer in answers[:12]] == [(400, "AUDIENCE_INVALID")] * 12
    assert [code(answer) for answer in answers[12:]] == [(400, "VALIDATION_ERROR")] * 4
    for stranger, made_up in [
        *zip(answers[:6], answers[6:12], strict=True),
        *zip(answers[12:14], answers[14:], strict=True),
    ]:
        assert stranger.json() | {"request_id": ""} == made_up.json() | {"request_id": ""}
    assert world() == before


@pytest.mark.parametrize(
    "message",
    ["Hi {{nickname}}", "{{ first_name", "first_name}}", "{{}}", "{{first name}}", "{{first_name|a|b}}{{x}}", "a\x07b"],
)
def test_a_placeholder_that_nothing_fills_is_refused_on_every_road(api: APIClient, store: Store, message: str) -> None:
    campaign = draft(store)
    before = world()

    answers = [
        api.post(f"{V1}/campaigns", {"name": "x", "message": message, "audience": {"all": True}}),
        api.patch(path(campaign), {"message": message}),
        api.post(f"{V1}/campaigns/quote", {"message": message, "audience": {"all": True}}),
    ]

    assert [code(answer) for answer in answers] == [(400, "VALIDATION_ERROR")] * 3
    assert {answer.json()["errors"][0]["pointer"] for answer in answers} == {"#/message"}
    assert world() == before
