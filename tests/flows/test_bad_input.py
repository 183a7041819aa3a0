"""Parts that are away when somebody presses send, and files that do not fit: over HTTP, with real processes."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from audiences.models import ContactImport
from audiences.services.keys import issue_key
from billing.drift import find_drift
from billing.services import account_of
from campaigns.models import Campaign
from campaigns.progress import read
from config.audit import SYSTEM
from config.opaque import public_id
from messaging.models import ProviderAccount
from tests.factories import CampaignFactory
from tests.flows.stack import Stack, eventually, free_port
from tests.simulator import ROOT

pytestmark = [pytest.mark.flow, pytest.mark.timeout(240)]
DEAD = "redis://127.0.0.1:1/0"
MEGABYTE = 1024 * 1024


def headers(campaign: Campaign) -> dict[str, str]:
    """A key of the campaign's store that may do everything."""
    issued = issue_key(store=campaign.store, name="flow", scopes=["read", "send", "admin"], actor=SYSTEM)
    return {"Authorization": f"Bearer {issued.plain}"}


def enqueue(stack: Stack, campaign: Campaign) -> requests.Response:
    address = f"{stack.url}/api/v1/campaigns/{public_id(campaign.pk, kind='cmp')}/enqueue"
    return requests.post(address, json={}, headers=headers(campaign), timeout=30)


def wait_for_end(campaign: Campaign) -> None:
    """Everything was handed over; when the receipts come is another matter."""
    ended = Campaign.objects.filter(pk=campaign.pk, status="completed")
    eventually(ended.exists, seconds=120, what=lambda: f"the campaign is over: {read(campaign.pk)}")


def assert_paid_once(campaign: Campaign, *, people: int) -> None:
    account = account_of(campaign.store_id)
    assert (account.held, 1000 - account.balance) == (0, people)
    assert find_drift() == []


def test_a_click_while_redis_is_away_is_sent_when_somebody_can_ring(stack: Stack, account: ProviderAccount) -> None:
    stack.start("web", REDIS_URL=DEAD, CELERY_BROKER_URL=DEAD)
    stack.start("work", "send1")
    campaign = CampaignFactory.create(people=20)

    answer = enqueue(stack, campaign)

    assert (answer.status_code, answer.json()["queue"]) == (202, {"state": "unavailable"})
    assert answer.elapsed.total_seconds() < 5
    assert (read(campaign.pk).status, account_of(campaign.store_id).held) == ("sending", 20)
    stack.start("beat")
    wait_for_end(campaign)
    assert len(stack.simulator.received()) == 20
    assert_paid_once(campaign, people=20)


class Provider:
    """A simulator at a port of our choice, so that it can come late."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def come(self) -> None:
        """Start, and accept everything."""
        line = [sys.executable, "-m", "providers.simulator", "--port", str(self.port)]
        self.process = subprocess.Popen([*line, "--ledger", str(self.folder / "late.jsonl")], cwd=ROOT)
        eventually(self._answers, seconds=120, what="the provider answers")
        requests.put(f"{self.url}/_plan", json={"echoes_reference": True}, timeout=5).raise_for_status()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def received(self) -> int:
        """How many items it accepted."""
        return int(requests.get(f"{self.url}/_ledger", params={"summary": "1"}, timeout=5).json()["accepted"])

    def go(self) -> None:
        """Stop."""
        if self.process:
            self.process.kill()
            self.process.wait(10)


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    late = Provider(tmp_path)
    yield late
    late.go()


def test_a_campaign_waits_for_a_provider_that_is_down(
    stack: Stack, account: ProviderAccount, provider: Provider
) -> None:
    ProviderAccount.objects.update(base_url=provider.url)
    stack.start("web", "work", "send1", "beat")
    campaign = CampaignFactory.create(people=20)

    answer = enqueue(stack, campaign)

    assert (answer.status_code, answer.json()["queue"]) == (202, {"state": "available"})
    tried = Campaign.objects.filter(pk=campaign.pk, batches__error__contains="not reachable")
    eventually(tried.exists, seconds=120, what="the provider was tried")
    progress = read(campaign.pk)
    assert (progress.status, progress.counts["pending"], progress.counts["failed"]) == ("sending", 20, 0)
    assert account_of(campaign.store_id).held == 20
    provider.come()
    wait_for_end(campaign)
    assert provider.received() == 20
    assert_paid_once(campaign, people=20)


def peak(stack: Stack) -> int:
    """The most memory, in bytes, that a worker of web ever had resident."""
    master = stack.running["web"].pid
    workers = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    lines = [line for pid in workers for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return max(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def form(megabytes: int) -> Iterator[bytes]:
    """A form with a file of contacts of about this size, piece by piece."""
    yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\n\r\nphone,note\n'
    line = b"6941234567," + b"n" * 88 + b"\n"
    piece = line * (MEGABYTE // len(line))
    for _ in range(megabytes):
        yield piece + b"\n" * (MEGABYTE - len(piece))
    yield b"\r\n--x--\r\n"


def upload(stack: Stack, campaign: Campaign, *, megabytes: int, announced: int) -> tuple[int, bytes]:
    """Post the form with raw sockets, so that an answer that comes before its end can be read; status and body."""
    with socket.create_connection(("127.0.0.1", stack.port), timeout=60) as connection:
        lines = [
            "POST /api/v1/imports HTTP/1.1",
            "Host: 127.0.0.1",
            f"Content-Length: {announced}",
            "Connection: close",
        ]
        lines += [f"{name}: {value}" for name, value in headers(campaign).items()]
        lines += ["Content-Type: multipart/form-data; boundary=x", "", ""]
        connection.sendall("\r\n".join(lines).encode())
        for piece in form(megabytes) if megabytes else []:
            connection.sendall(piece)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def test_a_large_file_is_streamed_and_a_larger_one_refused_unread(stack: Stack, account: ProviderAccount) -> None:
    stack.start("web", IMPORT_MAX_BYTES=str(100 * MEGABYTE))
    campaign = CampaignFactory.create()
    length = sum(map(len, form(80)))
    assert upload(stack, campaign, megabytes=1, announced=sum(map(len, form(1))))[0] == 202
    before = peak(stack)

    taken = upload(stack, campaign, megabytes=80, announced=length)
    after = peak(stack)
    refused = upload(stack, campaign, megabytes=0, announced=1024 * MEGABYTE)

    assert taken[0] == 202
    assert after - before < 20 * MEGABYTE
    assert ContactImport.objects.filter(status="pending").count() == 2
    assert refused[0] == 413
    assert b'"code":"TOO_LARGE"' in refused[1].replace(b" ", b"")
    assert peak(stack) - after < MEGABYTE  # the process beats besides
    assert len(list((stack.logs / "files").rglob("*.csv"))) == 2
