"""Two machines on one database and one broker: one of them goes away, and the other one ends what both began."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from audiences.models import Contact, ContactImport
from audiences.services.keys import issue_key
from config.audit import SYSTEM
from config.heartbeats import processes
from messaging.models import ProviderAccount
from tests.factories import CampaignFactory, StoreFactory
from tests.flows.ends import assert_all_adds_up, begin, has_sent, wait_for_end
from tests.flows.stack import Stack, eventually
from tests.simulator import Simulator

pytestmark = [pytest.mark.flow, pytest.mark.timeout(600)]
PROCESSES = ("web", "work", "send1", "beat")


@pytest.fixture
def second(stack: Stack, tmp_path: Path, simulator: Simulator) -> Iterator[Stack]:
    """A machine with a spool, ports and worker names of its own."""
    folder = tmp_path / "second"
    folder.mkdir()
    running = Stack(logs=folder, simulator=simulator)
    running.lines = {name: line.replace("@%h", "@second") for name, line in running.lines.items()}
    yield running
    running.stop()


def consumers() -> set[str]:
    """Workers that live, by the names they have in the broker."""
    return {process.name for process in processes() if process.alive and process.kind == "worker"}


def test_an_upload_at_one_machine_is_imported_by_the_other(
    stack: Stack, second: Stack, account: ProviderAccount, tmp_path: Path
) -> None:
    shared = {"FILES_DIR": str(tmp_path / "shared")}
    stack.start("web", **shared)
    second.start("work", **shared)
    store = StoreFactory.create()
    key = issue_key(store=store, name="second", scopes=["read", "send", "admin"], actor=SYSTEM)

    answer = requests.post(
        f"{stack.url}/api/v1/imports",
        files={"file": ("people.csv", "phone\n+306971112233\n")},
        data={"consent": "opted_in", "consent_source": "till"},
        headers={"Authorization": f"Bearer {key.plain}"},
        timeout=30,
    )

    assert answer.status_code in {200, 201, 202}, answer.text
    done = ContactImport.objects.filter(store=store, status="done")
    eventually(done.exists, seconds=120, what=lambda: list(ContactImport.objects.values("status", "error")))
    assert Contact.objects.filter(store=store).count() == 1


def test_a_machine_that_dies_takes_nothing_with_it(stack: Stack, second: Stack, account: ProviderAccount) -> None:
    second.plan(account.slug, latency_ms=[300, 300])
    for machine in (stack, second):
        machine.start("web")  # alone: a machine with two cores takes its time for eight processes at once
    stack.start(*PROCESSES[1:])
    second.start(*PROCESSES[1:])
    eventually(lambda: len(consumers()) == 4, seconds=200, what=consumers)
    campaign = CampaignFactory.create(people=300)
    begin(campaign)
    eventually(lambda: has_sent(campaign, 40), seconds=120, what="sending has begun")

    for name in PROCESSES:
        stack.kill(name)

    wait_for_end(campaign, seconds=150)
    assert_all_adds_up(campaign, second, recipients=300)
    assert requests.get(f"{second.url}/healthz", timeout=10).ok
    assert (stack.url, stack.logs) != (second.url, second.logs)
