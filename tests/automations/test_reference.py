"""Months of made-up lives against a slow reference: each person is wished once a year, on the right day."""

import random
from calendar import isleap
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from audiences.models import Contact, Store
from campaigns.automations.sweep import run_due
from campaigns.models import Automation, AutomationFire
from tests.factories import AutomationFactory, ContactFactory

pytestmark = pytest.mark.django_db
FIRST, DAYS = date(2027, 12, 20), 80  # over a new year and 29 February 2028


def celebrated(birthday: date, day: date) -> bool:
    """Whether it is somebody's birthday, said as people say it."""
    if (birthday.month, birthday.day) == (2, 29) and not isleap(day.year):
        return (day.month, day.day) == (2, 28)
    return (birthday.month, birthday.day) == (day.month, day.day)


@pytest.mark.parametrize(("seed", "offset", "zone"), [(1, 0, "Europe/Athens"), (2, -3, "Pacific/Kiritimati")])
def test_everybody_is_wished_once_a_year_on_the_day(store: Store, seed: int, offset: int, zone: str) -> None:
    dice = random.Random(seed)
    Store.objects.filter(pk=store.pk).update(time_zone=zone)
    births = [date(1960, 1, 1) + timedelta(days=dice.randrange(18_000)) for _ in range(25)]
    births += [date(1988, 2, 29), date(1988, 2, 28), date(1988, 3, 1), date(1988, 1, 1), date(1988, 12, 31)]
    people = {ContactFactory.create(store=store, birthday=birth).pk: birth for birth in births}
    with time_machine.travel(datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) - timedelta(days=2), tick=False):
        automation = AutomationFactory.create(
            store=Store.objects.get(pk=store.pk), day_offset=offset, daily_cap=None, window_hours=12
        )

    expected: dict[tuple[int, int], date] = {}
    for number in range(-2, DAYS):
        day = FIRST + timedelta(days=number)
        _live_through(day, automation, zone=zone, dice=dice)
        wished = day - timedelta(days=offset)
        for contact_id, birth in people.items():
            if celebrated(birth, wished):
                expected.setdefault((contact_id, wished.year), day)
        if number % 5 == 0:
            _edit_somebody(people, dice)

    fired = AutomationFire.objects.filter(automation=automation).values_list("contact_id", "key", "run__key")
    found = {(contact_id, int(year)): date.fromisoformat(key) for contact_id, year, key in fired}
    first_day = min(found.values(), default=FIRST)
    assert found == {key: day for key, day in expected.items() if day >= first_day}
    assert max(Counter((contact_id, year) for contact_id, year in found).values()) == 1
    assert len(found) > 5


def _live_through(day: date, automation: Automation, *, zone: str, dice: random.Random) -> None:
    """Sweep some times at moments of the automation's window on that day."""
    due = Automation.objects.get(pk=automation.pk).next_run_at
    while due and due.date() <= day + timedelta(days=1) and Automation.objects.get(pk=automation.pk).next_day == day:
        for minutes in sorted(dice.sample(range(60 * 5), 2)):
            with time_machine.travel(due + timedelta(minutes=minutes), tick=False):
                run_due(limit=10)


def _edit_somebody(people: dict[int, date], dice: random.Random) -> None:
    """One birthday is corrected; whoever was wished this year is not wished again."""
    contact_id = dice.choice(sorted(people))
    people[contact_id] = FIRST.replace(year=1990) + timedelta(days=dice.randrange(70))
    Contact.objects.filter(pk=contact_id).update(birthday=people[contact_id])
