"""What staff does to rows: asked first, done by a service, written into the audit."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audiences.models import ApiKey, Store, User
from audiences.services.keys import issue_key
from billing.models import CreditAccount, LedgerEntry
from campaigns.models import Campaign, CampaignEvent, SendBatch
from campaigns.services.launch import launch
from config.audit import SYSTEM
from config.models import AuditEvent
from messaging.models import ProviderAccount
from tests.factories import (
    AutomationFactory,
    CampaignFactory,
    CreditAccountFactory,
    ProviderAccountFactory,
    UserFactory,
)


def ask(ops: Client, name: str, *rows: Model, **answers: Any) -> Any:
    """Choose an operation for rows; with answers it is confirmed. Redirects are followed."""
    model = type(rows[0])
    path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    data: dict[str, Any] = {"action": name, "_selected_action": [row.pk for row in rows]}
    if answers:
        data |= {"confirmed": "yes", **answers}
    return ops.post(path, data, follow=True)


def told(answer: Any) -> list[str]:
    """The messages on a page."""
    return [str(message) for message in answer.context["messages"]]


@pytest.fixture
def sending(db: None) -> Campaign:
    """A campaign with one ready batch."""
    campaign = CampaignFactory.create(people=3)
    launch(store_id=campaign.store_id, campaign_id=campaign.pk, quote_id=None, actor=SYSTEM)
    campaign.refresh_from_db()
    return campaign


# The question -------------------------------------------------------------------------------------------------------


def test_the_question_changes_nothing(ops: Client, sending: Campaign) -> None:
    answer = ask(ops, "cancel", sending)

    sending.refresh_from_db()
    assert sending.status == "sending"
    assert b"This cannot be taken back." in answer.content
    assert sending.name.encode() in answer.content


def test_without_a_reason_nothing_happens(ops: Client, sending: Campaign) -> None:
    answer = ask(ops, "cancel", sending, reason=" ")

    sending.refresh_from_db()
    assert sending.status == "sending"
    assert b"This field is required." in answer.content


def test_a_page_offers_what_applies_to_its_row(ops: Client, sending: Campaign) -> None:
    page = ops.get(reverse("admin:campaigns_campaign_change", args=[sending.pk])).content.decode()

    assert "Pause sending" in page
    assert "Cancel and refund" in page
    assert "Resume sending" not in page
    assert "Retry failed" not in page


def test_finance_sees_a_campaign_and_may_do_nothing_to_it(client: Client, sending: Campaign) -> None:
    viewer = UserFactory.create(is_staff=True)
    viewer.groups.add(Group.objects.get_or_create(name="finance")[0])
    client.force_login(viewer)

    page = client.get(reverse("admin:campaigns_campaign_change", args=[sending.pk]))
    ask(client, "cancel", sending, reason="because")

    sending.refresh_from_db()
    assert (page.status_code, sending.status) == (200, "sending")
    assert b"Cancel and refund" not in page.content


def test_an_operator_may_act_and_still_not_edit(client: Client, sending: Campaign) -> None:
    operator = UserFactory.create(is_staff=True)
    operator.groups.add(Group.objects.get_or_create(name="operator")[0])
    client.force_login(operator)

    edited = client.post(reverse("admin:campaigns_campaign_change", args=[sending.pk]), {"status": "completed"})
    ask(client, "pause", sending, reason="asked by phone")

    sending.refresh_from_db()
    assert (edited.status_code, sending.status) == (403, "paused")


# Campaigns and batches ----------------------------------------------------------------------------------------------


def test_pause_resume_and_cancel_go_through_the_services(ops: Client, boss: User, sending: Campaign) -> None:
    for name in ("pause", "resume", "cancel"):
        ask(ops, name, sending, reason=f"{name} it")

    history = CampaignEvent.objects.filter(campaign=sending, actor=f"staff:{boss.pk}").order_by("pk")
    assert list(history.values_list("event", "after", "reason")) == [
        ("pause", "paused", "pause it"),
        ("resume", "sending", "resume it"),
        ("cancel", "cancelled", "cancel it"),
    ]


def test_what_the_service_refuses_is_told_and_the_others_are_done(ops: Client, sending: Campaign) -> None:
    draft = CampaignFactory.create()

    answer = ask(ops, "pause", sending, draft, reason="both")

    sending.refresh_from_db()
    draft.refresh_from_db()
    assert (sending.status, draft.status) == ("paused", "draft")
    assert told(answer) == [
        f"{draft.name}: A campaign that is draft cannot do this: pause.",
        f"{sending.name}: it is paused.",
    ]


def test_a_dead_batch_is_discarded_once(ops: Client, sending: Campaign) -> None:
    SendBatch.objects.update(state="dead")
    batch = SendBatch.objects.get()

    ask(ops, "discard", batch, reason="the shop closed")
    again = ask(ops, "discard", batch, reason="twice")

    assert SendBatch.objects.get().resolution == "discarded"
    assert AuditEvent.objects.filter(action="batch.discard", reason="the shop closed").count() == 1
    assert "no dead letter" in told(again)[0]


# Money --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def account(db: None) -> CreditAccount:
    """An account with 100 credits."""
    return CreditAccountFactory.create()


def test_a_grant_is_made_once_however_often_the_form_is_sent(ops: Client, boss: User, account: CreditAccount) -> None:
    answers = {"amount": 250, "reason": "goodwill", "key": "a" * 32}

    ask(ops, "grant", account, **answers)
    again = ask(ops, "grant", account, **answers)

    account.refresh_from_db()
    entry = LedgerEntry.objects.latest("pk")
    assert account.balance == 350
    assert (entry.kind, entry.amount, entry.label, entry.actor) == ("grant", 250, "goodwill", f"staff:{boss.pk}")
    assert "had been granted 250 credits" in told(again)[0]
    assert AuditEvent.objects.get(action="credits.grant", reason="goodwill").ip == "127.0.0.1"


def test_each_opening_of_the_form_is_another_grant(ops: Client, account: CreditAccount) -> None:
    keys = {ask(ops, "grant", account).context["form"]["key"].value() for _ in range(2)}

    assert len(keys) == 2


@pytest.mark.parametrize("amount", ["0", "-5", "x", ""])
def test_what_is_no_grant_is_refused(ops: Client, account: CreditAccount, amount: str) -> None:
    ask(ops, "grant", account, amount=amount, reason="goodwill", key="a")

    account.refresh_from_db()
    assert account.balance == 100


def test_an_adjustment_takes_what_is_free(ops: Client, account: CreditAccount) -> None:
    ask(ops, "adjust", account, amount=-40, reason="booked twice", key="a")
    answer = ask(ops, "adjust", account, amount=-70, reason="too much", key="b")

    account.refresh_from_db()
    assert account.balance == 60
    assert "There are not enough credits." in told(answer)[0]


# Stores, keys, accounts ---------------------------------------------------------------------------------------------


def test_a_store_is_stopped_and_allowed(ops: Client, boss: User, store: Store) -> None:
    ask(ops, "stop_sending", store, reason="complaints")
    assert Store.objects.filter(sending_stopped=True).count() == 1

    again = ask(ops, "stop_sending", store, reason="twice")
    assert "Sending is stopped already." in told(again)[0]

    ask(ops, "allow_sending", store, reason="settled")
    assert Store.objects.filter(sending_stopped=True).count() == 0
    seen = AuditEvent.objects.filter(subject=f"store:{store.pk}").order_by("pk")
    assert list(seen.values_list("action", "actor", "reason")) == [
        ("store.stop_sending", f"staff:{boss.pk}", "complaints"),
        ("store.allow_sending", f"staff:{boss.pk}", "settled"),
    ]


def test_a_key_is_revoked(ops: Client, store: Store) -> None:
    key = issue_key(store=store, name="Shop", scopes=("read",), actor=SYSTEM).key

    ask(ops, "revoke", key, reason="it leaked")

    assert AuditEvent.objects.get(action="key.revoke").reason == "it leaked"
    assert ApiKey.objects.filter(revoked_at__gt=timezone.now() - timedelta(minutes=1)).count() == 1


def test_a_provider_account_is_stopped_and_activated(ops: Client, db: None) -> None:
    account = ProviderAccountFactory.create()
    before = account.updated_at

    ask(ops, "stop", account, reason="bad routes")
    account.refresh_from_db()
    assert (account.status, account.status_reason) == ("stopped", "bad routes")
    assert account.updated_at > before  # by which each process notices

    ask(ops, "activate", account, reason="mended")
    account.refresh_from_db()
    assert (account.status, account.status_reason) == ("active", "")
    assert ProviderAccount.objects.get().credentials["api_key"] == "test-key"


# Automations --------------------------------------------------------------------------------------------------------


def test_an_automation_is_switched_off_with_a_reason(ops: Client) -> None:
    automation = AutomationFactory.create()

    answer = ask(ops, "off", automation, reason="complaints")

    automation.refresh_from_db()
    event = AuditEvent.objects.get(action="automation.switch_off")
    assert (automation.active, event.reason, event.actor.partition(":")[0]) == (False, "complaints", "staff")
    assert told(answer) == [f"{automation.name}: it is switched off."]
