"""Win-back: who was not active for so long, once in a while."""

from datetime import UTC, datetime

import pytest

from audiences.models import Contact, CustomerEvent, Store
from campaigns.automations import activity
from campaigns.models import Automation, CampaignRecipient
from tests.automations.steps import at, campaigns, passed, runs, texted
from tests.factories import AutomationFactory, ContactFactory

pytestmark = pytest.mark.django_db
LONG_AGO, LATELY = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 15, tzinfo=UTC)


def member(store: Store, since: datetime = LONG_AGO, **columns: object) -> Contact:
    """Somebody who opted in then."""
    return ContactFactory.create(store=store, consent_at=since, created_at=LONG_AGO, **columns)


def winback(store: Store, **fields: object) -> Automation:
    """Switched on at the end of June; at eleven in Athens, which is eight by UTC."""
    with at("2026-06-30T12:00"):
        return AutomationFactory.create(store=store, kind="winback", **{"inactive_days": 90, **fields})


def bought(contact: Contact, when: datetime) -> None:
    CustomerEvent.objects.create(
        store=contact.store, contact=contact, event_id=f"{contact.pk} {when}", name="purchase", occurred_at=when
    )


def reached(contact: Contact, when: datetime, status: str = "delivered") -> None:
    CampaignRecipient.objects.create(
        store=contact.store, campaign_id=0, batch_id=0, contact=contact, status=status, parts=1, credits=1,
        sent_at=when, final_at=when,
    )  # fmt: skip


def test_who_was_not_active_is_texted_by_a_marketing_campaign(store: Store) -> None:
    silent, buyer, reader, newcomer = (member(store) for _ in range(4))
    bought(silent, LONG_AGO)
    reached(silent, LONG_AGO)
    bought(buyer, LATELY)
    reached(reader, LATELY)
    Contact.objects.filter(pk=newcomer.pk).update(consent_at=LATELY)
    undelivered = member(store)
    reached(undelivered, LATELY, "undelivered")
    automation = winback(store)

    passed("2026-07-01T07:59:59", "2026-07-01T08:00")

    assert texted(automation) == [silent.pk, undelivered.pk]
    assert [campaign.kind for campaign in campaigns(automation)] == ["marketing"]


@pytest.mark.parametrize(
    ("chosen", "expected"), [(["event"], [1]), (["delivered"], [0]), (["event", "delivered"], []), (["clicked"], [0])]
)
def test_what_counts_as_active_is_chosen(store: Store, chosen: list[str], expected: list[int]) -> None:
    people = [member(store), member(store)]
    bought(people[0], LATELY)
    reached(people[1], LATELY)
    CampaignRecipient.objects.filter(contact=people[1]).update(clicked_at=LATELY)
    automation = winback(store, activity=chosen)

    passed("2026-07-01T08:00")

    assert texted(automation) == [people[number].pk for number in expected]


def test_once_in_its_dedupe_window(store: Store) -> None:
    ada = member(store)
    automation = winback(store, dedupe_hours=48, daily_cap=None)

    days = [f"2026-07-0{day}T08:00" for day in range(1, 6)]
    done = passed(*[moment for day in days for moment in (day, day)])

    assert [each.get("people", 0) for each in done[::2]] == [1, 0, 1, 0, 1]
    assert texted(automation) == [ada.pk] * 3
    assert [outcome for _, outcome, _ in runs(automation)] == ["made", "nobody", "made", "nobody", "made"]


def test_only_who_may_be_texted(store: Store) -> None:
    member(store, consent="unknown")
    member(store, consent="opted_out")
    automation = winback(store)

    passed("2026-07-01T08:00")

    assert runs(automation) == [("2026-07-01", "nobody", 0)]
    assert automation.runs.get().left_out == {}  # it is about those who may be texted


def test_one_more_activity_can_be_registered(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "ACTIVITIES", dict(activity.ACTIVITIES))
    activity.register("bought", activity.events)

    assert set(activity.ACTIVITIES) == {"event", "delivered", "clicked", "bought"}
    with pytest.raises(ValueError, match="event"):
        activity.register("event", activity.events)
