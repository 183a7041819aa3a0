"""Prices and previews over HTTP."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from audiences.models import Contact, Store
from billing.services import grant, renew_allowance
from campaigns.models import Campaign
from config.audit import SYSTEM
from config.opaque import public_id
from tests.api.clients import V1, code, pointers
from tests.factories import CampaignFactory, ContactFactory, api_id

pytestmark = pytest.mark.django_db


def path(campaign: Campaign, action: str) -> str:
    return f"{V1}/campaigns/{public_id(campaign.pk, kind='cmp')}/{action}"


def draft(**fields: Any) -> dict[str, Any]:
    return {"message": "Hi {{first_name|there}}", "kind": "marketing", "audience": {"all": True}, **fields}


@pytest.fixture
def people(store: Store) -> list[Contact]:
    return ContactFactory.create_batch(3, store=store)


def test_a_quote_says_what_is_left_afterwards(api: APIClient, store: Store, people: list[Contact]) -> None:
    grant(store_id=store.pk, amount=10, key="g", label="x", actor=SYSTEM)
    renew_allowance(store_id=store.pk, amount=2, key="a", label="x")

    answer = api.post(f"{V1}/campaigns/quote", draft()).json()

    assert (answer["recipients"], answer["credits"], answer["campaign"]) == (3, 3, None)
    assert answer["allowance"] == {"before": 2, "used": 2, "after": 0}
    assert answer["balance"] == {"before": 10, "used": 1, "after": 9}
    assert answer["encoding"] == {"GSM-7": 3}
    assert (answer["blockers"], answer["parts_histogram"]) == ([], {"1": 3})


def test_what_enqueue_would_refuse_is_a_blocker(api: APIClient, store: Store, people: list[Contact]) -> None:
    grant(store_id=store.pk, amount=1, key="g", label="x", actor=SYSTEM)
    campaign = CampaignFactory.create(store=store, credits=0)
    Store.objects.filter(pk=store.pk).update(sending_stopped=True)

    quote = api.get(path(campaign, "quote")).json()

    stopped, short = quote["blockers"]
    assert (stopped["code"], short["code"]) == ("BILLING_HOLD", "INSUFFICIENT_CREDITS")
    assert short["facts"] == {"required": 3, "available": 1, "missing": 2}
    assert quote["balance"] == {"before": 1, "used": 3, "after": -2}
    refusal = api.post(path(campaign, "enqueue"), {"quote_id": quote["id"]})
    assert code(refusal) == (403, "BILLING_HOLD")
    Store.objects.filter(pk=store.pk).update(sending_stopped=False)
    refusal = api.post(path(campaign, "enqueue"), {"quote_id": quote["id"]})
    assert code(refusal) == (402, "INSUFFICIENT_CREDITS")
    assert refusal.json()["missing"] == 2


def test_nobody_and_a_launched_campaign_are_blockers(api: APIClient, store: Store) -> None:
    campaign = CampaignFactory.create(store=store, people=1)
    api.post(path(campaign, "enqueue"), {})
    empty = CampaignFactory.create(store=store, kind="service", audience={"kind": "list", "id": 0, "exclude": []})

    assert [one["code"] for one in api.get(path(campaign, "quote")).json()["blockers"]] == ["ALREADY_SENDING"]
    assert [one["code"] for one in api.get(path(empty, "quote")).json()["blockers"]] == ["NO_RECIPIENTS"]


def test_what_does_not_stop_a_launch_is_a_warning(
    api: APIClient, store: Store, people: list[Contact], settings: Settings
) -> None:
    settings.QUEUE_DISABLED = True

    with_stop = api.post(f"{V1}/campaigns/quote", draft(kind="service")).json()["warnings"]
    without = api.post(f"{V1}/campaigns/quote", draft()).json()["warnings"]

    assert [one["code"] for one in with_stop] == ["QUEUE_DISABLED"]
    assert [one["code"] for one in without] == ["QUEUE_DISABLED", "OPT_OUT_MISSING"]


def test_an_option_of_the_advice_is_taken_over_with_one_patch(
    api: APIClient, store: Store, people: list[Contact]
) -> None:
    campaign = CampaignFactory.create(store=store, message="“" + "x" * 80 + "”")
    [option] = api.get(path(campaign, "quote")).json()["advice"]["options"]

    change = {name: option[name] for name in ("message", "plain_values")}
    assert api.patch(path(campaign, "").rstrip("/"), change).status_code == 200

    quote = api.get(path(campaign, "quote")).json()
    assert (quote["credits"], quote["advice"]["options"]) == (option["credits"], [])


def test_an_unsaved_draft_costs_what_it_would_saved(api: APIClient, store: Store, people: list[Contact]) -> None:
    text = "e\u0301\r\n" + "x" * 158

    quote = api.post(f"{V1}/campaigns/quote", draft(message=text)).json()

    assert (quote["parts"], quote["encoding"]) == (3, {"GSM-7": 3})


def test_a_preview_shows_what_real_people_read(api: APIClient, store: Store) -> None:
    Store.objects.filter(pk=store.pk).update(opt_out_text="Stop: STOP")
    for name in ("Eleni", "Zoë"):
        ContactFactory.create(store=store, first_name=name)
    ContactFactory.create(store=store, first_name="Gone", consent="opted_out")

    answer = api.post(f"{V1}/campaigns/preview", draft(message="Hi {{first_name}}")).json()

    assert answer["text"] == "Hi {{first_name}}\nStop: STOP"
    first, second = answer["messages"]
    assert first["text"] == "Hi Eleni\nStop: STOP"
    assert (first["encoding"], first["units"], first["parts"], first["credits"]) == ("GSM-7", 19, 1, 1)
    assert (second["text"], second["encoding"], second["left_out"]) == ("Hi Zoë\nStop: STOP", "UCS-2", "")


def test_a_preview_shows_the_same_few_each_time(api: APIClient, store: Store) -> None:
    campaign = CampaignFactory.create(store=store, people=9)

    once, again = (api.get(path(campaign, "preview")).json() for _ in range(2))

    assert once == again
    assert len(once["messages"]) == 5


def test_a_preview_for_a_chosen_contact_says_why_he_is_left_out(api: APIClient, store: Store) -> None:
    campaign = CampaignFactory.create(store=store, on_missing="skip", message="Hi {{first_name}}")
    nameless = ContactFactory.create(store=store, first_name="")
    gone = ContactFactory.create(store=store, consent="opted_out")

    def shown(contact: Contact, **query: Any) -> Any:
        [message] = api.get(path(campaign, "preview"), {"contact": api_id(contact)}).json()["messages"]
        assert message["contact"] == api_id(contact)
        return message["left_out"]

    assert (shown(nameless), shown(gone)) == ("missing_field", "opted_out")
    Campaign.objects.filter(pk=campaign.pk).update(audience={"kind": "list", "id": 0, "exclude": []})
    assert shown(ContactFactory.create(store=store)) == "not_in_audience"


def test_a_strangers_contact_is_not_shown(api: APIClient, store: Store, other_store: Store) -> None:
    campaign = CampaignFactory.create(store=store)
    stranger = ContactFactory.create(store=other_store)

    for answer in (
        api.get(path(campaign, "preview"), {"contact": api_id(stranger)}),
        api.get(path(campaign, "preview"), {"contact": "con_made_up"}),
        api.post(f"{V1}/campaigns/preview", draft(contact=api_id(stranger))),
    ):
        assert (answer.status_code, pointers(answer)) == (400, [("#/contact", "unknown_id")])


def test_reading_is_enough_for_a_saved_campaign_only(reader: APIClient, store: Store) -> None:
    campaign = CampaignFactory.create(store=store, people=1)

    assert reader.get(path(campaign, "preview")).status_code == 200
    assert reader.post(f"{V1}/campaigns/preview", draft()).status_code == 403
