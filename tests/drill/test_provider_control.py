"""What the drill tells the simulator."""

from typing import Any

import pytest
import requests
from pytest_django import Settings

from messaging.drill.faults import FAULTS
from messaging.drill.faults.provider import CALLS, RECEIPTS
from messaging.drill.provider import ProviderControl
from providers.simulator.plan import Plan
from tests.simulator import Simulator

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def control(simulator: Simulator, settings: Settings) -> ProviderControl:
    settings.SIMULATOR_URL = simulator.url
    return ProviderControl(seed=4, echoes=True)


def told(simulator: Simulator) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(f"{simulator.url}/_plan", timeout=5).json()
    return found


def test_faults_lie_over_the_plan_until_they_are_removed(control: ProviderControl, simulator: Simulator) -> None:
    assert control.add({"500": 0.6})
    assert control.add({"html": 0.2}, duplicate=0.6)
    assert (told(simulator)["faults"], told(simulator)["receipts"]["duplicate"]) == ({"500": 0.6, "html": 0.2}, 0.6)

    control.remove("500", "duplicate")

    assert (told(simulator)["faults"], told(simulator)["receipts"]["duplicate"]) == ({"html": 0.2}, 0.0)


def test_too_many_faults_at_once_share_the_calls(control: ProviderControl, simulator: Simulator) -> None:
    control.add({"500": 0.6, "html": 0.6, "drip": 0.8})

    assert told(simulator)["faults"] == {"500": 0.3, "html": 0.3, "drip": 0.4}


def test_calm_is_a_plan_without_faults(control: ProviderControl, simulator: Simulator) -> None:
    control.add({"500": 0.6}, drop=1.0)

    control.calm()

    plan = told(simulator)
    assert (plan["faults"], plan["receipts"]["drop"], plan["echoes_reference"], plan["fsync"]) == ({}, 0.0, True, True)


def test_who_is_not_there_is_told_later(control: ProviderControl, simulator: Simulator, settings: Settings) -> None:
    settings.SIMULATOR_URL = NOBODY
    assert not control.add({"500": 0.6})

    settings.SIMULATOR_URL = simulator.url
    control.repeat()

    assert told(simulator)["faults"] == {"500": 0.6}


@pytest.mark.parametrize("name", [*(f"provider {call}" for call in CALLS), *RECEIPTS])
def test_each_fault_can_be_planned_and_leaves_nothing(name: str, settings: Settings) -> None:
    class Rig:
        provider = ProviderControl(seed=1, echoes=True)

    settings.SIMULATOR_URL = NOBODY
    before = Plan.of(Rig.provider.plan())
    FAULTS[name].begin(Rig())  # type: ignore[arg-type]  # these reach for the provider only
    during = Plan.of(Rig.provider.plan())
    FAULTS[name].end(Rig())  # type: ignore[arg-type]

    assert during != before == Plan.of(Rig.provider.plan())
