"""Processes that die, or stop, exactly at a named place; and what is found afterwards."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from campaigns.models import Campaign, CampaignRecipient
from config.opaque import recipient_of
from tests.simulator import ROOT, Simulator

SEND = "from messaging.sending.sender import send_next; send_next()"
DRAIN = "from messaging.receipts.apply import drain; drain()"
START = "import django; django.setup(); "


def environment(failpoint: str, **more: str) -> dict[str, str]:
    """Of a process that works on the test's own database and broker, and dies at the failpoint."""
    at = connection.settings_dict
    host = f"{quote(at['HOST'], safe='')}:{at['PORT'] or 5432}"
    password = f":{quote(at['PASSWORD'], safe='')}" if at["PASSWORD"] else ""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": f"postgres://{at['USER']}{password}@{host}/{at['NAME']}",
        "SECRET_KEY": settings.SECRET_KEY,
        "REFERENCE_KEY": settings.REFERENCE_KEY,
        "DEBUG": "1",
        "LOG_LEVEL": "CRITICAL",
        "FAILPOINT": failpoint,
        **more,
    }


def die_at(point: str, body: str, **env: str) -> None:
    """Run `body` in a process of its own, which must be killed at the point."""
    command = [sys.executable, "-c", START + body]
    done = subprocess.run(command, cwd=ROOT, env=environment(point, **env), capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert f"failpoint {point}" in done.stderr


class StoppedAt:
    """A process that sleeps at a point until `wake`."""

    def __init__(self, point: str, body: str, **env: str) -> None:
        command = [sys.executable, "-c", START + body]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment(f"{point}:stop", **env))

    def __enter__(self) -> "StoppedAt":
        ends = time.monotonic() + 60
        while self._state() != "T":
            assert self.process.poll() is None, "it ended before it came to the point"
            assert time.monotonic() < ends, "it did not come to the point"
            time.sleep(0.02)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.process.kill()
        self.process.wait(10)

    def wake(self) -> int:
        """Let it go on to its end; its exit code."""
        self.process.send_signal(signal.SIGCONT)
        return self.process.wait(60)

    def _state(self) -> str:
        return Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0]


def received(simulator: Simulator, campaign: Campaign) -> list[str]:
    """The numbers of the campaign's recipients that the provider accepted, each as often as it did."""
    ours = set(CampaignRecipient.objects.filter(campaign=campaign).values_list("pk", flat=True))
    marks = [(recipient_of(item["reference"]), item["destination"]) for item in simulator.received()]
    return sorted(destination for mark, destination in marks if mark and mark[0] in ours)


def phones(campaign: Campaign) -> list[str]:
    """Everybody's number."""
    found = CampaignRecipient.objects.filter(campaign=campaign).values_list("phone", flat=True)
    return sorted(phone or "" for phone in found)
