"""The trace: one ordered page that explains why a person got a campaign, or did not."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from audiences.models import Store
from audiences.services.consent import change_consent, suppress
from campaigns.models import Campaign, CampaignRecipient
from campaigns.services.moves import pause, resume
from config.audit import SYSTEM
from config.opaque import public_id
from messaging.models import ProviderAccount
from messaging.unknown import decide, give_up_overdue
from providers.interface import Accepted, Refused, Unsure
from tests.api.clients import V1, code
from tests.campaigns.roads import handed_over, recipients
from tests.factories import ProviderAccountFactory
from tests.messaging.words import applied, receipt
from tests.steps import claimed, launched


@pytest.fixture
def account(db: None) -> ProviderAccount:
    """An account that is never called here, known as the one of `marked`."""
    return ProviderAccountFactory.create(pk=1)


def address(recipient: CampaignRecipient, campaign: Campaign | None = None) -> str:
    of = public_id(campaign.pk if campaign else recipient.campaign_id, kind="cmp")
    return f"{V1}/campaigns/{of}/recipients/{public_id(recipient.pk, kind='rcp')}/trace"


def traced(api: APIClient, campaign: Campaign) -> dict[str, Any]:
    answer = api.get(address(recipients(campaign)[0]))
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def codes(found: dict[str, Any]) -> list[str]:
    return [step["code"] for step in found["steps"]]


def step(found: dict[str, Any], name: str) -> dict[str, Any]:
    [one] = [one for one in found["steps"] if one["code"] == name]
    return dict(one)


def test_a_delivery_is_told_from_the_price_to_the_receipt(api: APIClient, store: Store, account: Any) -> None:
    campaign = handed_over([Accepted("m-1")], store=store)
    applied(account, receipt(recipients(campaign)[0]))

    found = traced(api, campaign)

    told = codes(found)
    assert set(told) == {
        "quote", "campaign.launch", "campaign.complete", "recipient.prepared", "batch.joined", "batch.called",
        "attempt.accepted", "receipt.delivered", "money.charge", "batch.done", "now.delivered",
    }  # fmt: skip
    assert told.index("quote") < told.index("campaign.launch") < told.index("attempt.accepted")
    assert told.index("attempt.accepted") < told.index("receipt.delivered") < told.index("now.delivered")
    assert found["verdict"]["words"] == "Delivered to the phone."
    assert step(found, "attempt.accepted")["facts"]["provider_message_id"] == "m-1"
    assert step(found, "money.charge")["facts"]["credits"] == 1
    assert found["recipient"]["charged"] == 1


def test_a_refusal_gives_the_code_and_what_it_means(api: APIClient, store: Store) -> None:
    found = traced(api, handed_over([Refused("invalid_number", "21211", retryable=False)], store=store))

    assert (found["verdict"]["status"], found["verdict"]["reason"]) == ("failed", "invalid_number")
    assert "The number does not exist" in found["verdict"]["words"]
    assert step(found, "attempt.refused")["facts"]["error_code"] == "21211"
    assert "money.charge" not in codes(found)


def test_an_opt_out_between_start_and_batch_is_in_its_place(api: APIClient, store: Store) -> None:
    campaign = launched(store=store, people=1)
    row = recipients(campaign)[0]
    change_consent(store_id=store.pk, contact_id=row.contact_id or 0, consent="opted_out", source="stop", actor=SYSTEM)
    claimed()

    found = traced(api, campaign)

    told = codes(found)
    assert told.index("campaign.launch") < told.index("consent.opted_out") < told.index("now.skipped")
    assert "consent.suppressed" in told
    assert step(found, "consent.opted_out")["words"] == "Consent became “opted out” (stop)."
    assert found["verdict"]["reason"] == "opted_out"


def test_contradicting_receipts_are_marked(api: APIClient, store: Store, account: Any) -> None:
    campaign = handed_over([Accepted("m-1")], store=store)
    row = recipients(campaign)[0]
    applied(account, receipt(row))
    applied(account, receipt(row, "undelivered", error_class="unreachable", error_code="27"))

    found = traced(api, campaign)

    late = step(found, "receipt.undelivered")
    assert (late["facts"]["contradicts"], late["facts"]["error_code"]) == (True, "27")
    assert "changes nothing" in late["words"]
    assert step(found, "receipt.delivered")["facts"]["contradicts"] is False
    assert found["verdict"]["status"] == "delivered"


def test_a_better_word_that_comes_later_counts(api: APIClient, store: Store, account: Any) -> None:
    campaign = handed_over([Accepted("m-1")], store=store)
    row = recipients(campaign)[0]
    applied(account, receipt(row, "undelivered"))
    applied(account, receipt(row))

    late = step(traced(api, campaign), "receipt.delivered")

    assert late["facts"]["contradicts"] is True
    assert "the better word counts" in late["words"]


def test_a_lost_answer_is_told_to_its_end(api: APIClient, store: Store, account: Any) -> None:
    campaign = handed_over([Unsure("timeout")], store=store)
    assert "not sent a second time" in traced(api, campaign)["verdict"]["words"]

    give_up_overdue(limit=5, deadline_hours=0)
    applied(account, receipt(recipients(campaign)[0]))
    found = traced(api, campaign)

    assert {"attempt.unsure", "receipt.delivered", "money.late"} <= set(codes(found))
    assert step(found, "money.late")["words"] == "Charged: 1 credits."


def test_a_decision_of_staff_is_in_it(api: APIClient, store: Store) -> None:
    campaign = handed_over([Unsure("timeout")], store=store)
    decide(campaign_id=campaign.pk, accepted=True, actor=SYSTEM, reason="invoice")

    assert "decision.accepted" in codes(traced(api, campaign))


def test_what_the_campaign_went_through_is_in_it(api: APIClient, store: Store) -> None:
    campaign = launched(store=store, people=1)
    pause(store_id=store.pk, campaign_id=campaign.pk, actor=SYSTEM, reason="typo")
    resume(store_id=store.pk, campaign_id=campaign.pk, actor=SYSTEM)

    found = traced(api, campaign)

    assert {"campaign.pause", "campaign.resume", "batch.waits"} <= set(codes(found))
    assert "typo" in step(found, "campaign.pause")["words"]
    assert found["verdict"]["words"] == "Waiting to be sent."


def test_a_number_suppressed_by_staff_is_shown(api: APIClient, store: Store) -> None:
    campaign = launched(store=store, people=1)
    row = recipients(campaign)[0]
    suppress(store_id=None, phone=row.phone, reason="complaint", source="ticket 7", actor=SYSTEM)
    claimed()

    assert step(traced(api, campaign), "consent.suppressed")["facts"]["reason"] == "complaint"


def test_steps_are_in_the_order_of_time(api: APIClient, store: Store) -> None:
    found = traced(api, handed_over([Accepted("m-1")], store=store))

    times = [one["at"] for one in found["steps"][:-1]]
    assert times == sorted(times)


def test_a_recipient_of_another_campaign_is_not_there(api: APIClient, store: Store) -> None:
    mine, other = launched(store=store, people=1), launched(people=1)

    assert code(api.get(address(recipients(other)[0], mine))) == (404, "NOT_FOUND")


def test_it_costs_the_same_for_every_size(api: APIClient, store: Store, django_assert_max_num_queries: Any) -> None:
    campaign = handed_over([Accepted(str(n)) for n in range(20)], store=store)
    traced(api, campaign)

    with django_assert_max_num_queries(12):
        traced(api, campaign)
