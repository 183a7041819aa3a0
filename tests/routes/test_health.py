"""An account whose calls fail lets others go first, is tried again after a while, and comes back."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from config.models import AuditEvent
from messaging.accounts import carrier_for
from messaging.models import AccountHealth, ProviderAccount, RouteEvent
from messaging.routes.health import failed, fault_of, listen, move_away, move_back, take_probe
from messaging.sending.call import HandedOver
from providers.interface import Accepted, Outcome, Refused, Unsure
from tests.factories import ProviderAccountFactory

pytestmark = pytest.mark.django_db

DOWN = Refused("route_down", "down", retryable=True)
WRONG_NUMBER = Refused("invalid_number", "21211", retryable=False)


@pytest.fixture
def account() -> ProviderAccount:
    return ProviderAccountFactory.create()


def handed(*outcomes: Outcome, **changes: Any) -> HandedOver:
    whole = HandedOver(list(outcomes), None, not_sent=False, slowed=False, route_fault=None, note="")
    return whole._replace(**changes)


def moves(account: ProviderAccount) -> list[str]:
    return list(RouteEvent.objects.filter(account=account).order_by("pk").values_list("move", flat=True))


def health(account: ProviderAccount) -> AccountHealth:
    return AccountHealth.objects.get(pk=account.pk)


def test_a_call_that_most_got_through_is_no_fault() -> None:
    assert fault_of(handed(Accepted("1"), Accepted("2"), DOWN)) == ""


def test_wrong_numbers_are_nobodys_fault() -> None:
    assert fault_of(handed(WRONG_NUMBER, WRONG_NUMBER)) == ""


def test_unsure_and_refused_for_now_are() -> None:
    assert fault_of(handed(Unsure("deadline"), DOWN)) == "deadline"
    assert fault_of(handed(DOWN, DOWN, note="HTTP 500 busy")) == "HTTP 500 busy"


def test_being_slowed_down_or_stopped_is_for_others_to_hear() -> None:
    assert fault_of(handed(DOWN, slowed=True)) == ""
    assert fault_of(handed(DOWN, route_fault="credentials")) == ""
    assert fault_of(handed()) == ""


def test_three_faults_in_a_row_move_sending_away(account: ProviderAccount) -> None:
    failed(account, reason="HTTP 500")
    failed(account, reason="HTTP 500")
    before = moves(account)
    failed(account, reason="HTTP 503")

    assert before == []
    assert moves(account) == ["away"]
    assert health(account).reason == "3 calls failed: HTTP 503"
    assert RouteEvent.objects.get().reason == "3 calls failed: HTTP 503"
    assert AuditEvent.objects.get(action="route.away").actor == "system"


def test_a_call_that_goes_well_between_starts_the_count_anew(account: ProviderAccount) -> None:
    failed(account, reason="x")
    failed(account, reason="x")
    listen(account, fault="", faults=2, probe=False)
    failed(account, reason="x")

    assert (health(account).faults, moves(account)) == (1, [])


def test_calls_that_were_on_their_way_make_no_second_move(account: ProviderAccount) -> None:
    for _ in range(8):
        failed(account, reason="x")

    assert moves(account) == ["away"]


def test_a_late_success_of_a_call_that_was_on_its_way_does_not_bring_it_back(account: ProviderAccount) -> None:
    move_away(account, reason="x")

    listen(account, fault="", faults=3, probe=False)

    assert health(account).away_until is not None


def test_one_batch_tries_it_and_brings_it_back(account: ProviderAccount) -> None:
    move_away(account, reason="x")
    AccountHealth.objects.update(away_until=timezone.now())

    tried = [take_probe(account), take_probe(account)]
    listen(account, fault="", faults=3, probe=True)

    assert tried == [True, False]
    assert (health(account).away_until, health(account).faults) == (None, 0)
    assert moves(account) == ["away", "back"]


def test_it_cannot_be_tried_before_its_time(account: ProviderAccount) -> None:
    move_away(account, reason="x")

    assert not take_probe(account)


def test_each_absence_in_a_row_is_twice_as_long_up_to_a_quarter_of_an_hour(account: ProviderAccount) -> None:
    seconds = []
    with time_machine.travel("2026-05-04T12:00:00Z", tick=False) as clock:
        move_away(account, reason="x")
        for _ in range(6):
            seconds.append(round((health(account).away_until - timezone.now()).total_seconds()))  # type: ignore[operator]
            clock.shift(timedelta(hours=1))
            assert take_probe(account)
            listen(account, fault="again", faults=1, probe=True)

    assert seconds == [60, 120, 240, 480, 900, 900]


def test_after_it_came_back_the_count_of_absences_starts_anew(account: ProviderAccount) -> None:
    move_away(account, reason="x")
    AccountHealth.objects.update(away_seconds=900)
    move_back(account, reason="mended")
    move_away(account, reason="y")

    assert health(account).away_seconds == 60


def test_coming_back_without_having_been_away_is_no_event(account: ProviderAccount) -> None:
    assert not move_back(account, reason="x")
    assert moves(account) == []


def test_going_away_twice_is_one_move(account: ProviderAccount) -> None:
    assert move_away(account, reason="x")
    assert not move_away(account, reason="y")
    assert health(account).reason == "x"


def test_a_carrier_is_a_probe_for_one_batch_only(account: ProviderAccount) -> None:
    fallback = ProviderAccountFactory.create()
    move_away(account, reason="x")
    AccountHealth.objects.update(away_until=timezone.now())

    first = carrier_for(store_id=1, country="", batch_id=1)
    second = carrier_for(store_id=1, country="", batch_id=2)

    assert first
    assert second
    assert (first.account, first.choice.probe) == (account, True)
    assert (second.account, second.choice.probe, second.choice.instead) == (fallback, False, f"{account.name}: x")


def test_nobody_carries_when_there_is_no_account() -> None:
    assert carrier_for(store_id=1, country="", batch_id=1) is None
