"""The stream process as uvicorn really runs it, a reader of server-sent events, and a campaign to be read."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

import psutil
import requests
from django.db import connection

from campaigns.models import Campaign, CampaignProgress
from tests.factories import CampaignFactory
from tests.simulator import ROOT


def undelivered() -> Campaign:
    """A campaign of ten recipients of whom nobody got it yet."""
    made = CampaignFactory.create()
    CampaignProgress.objects.create(campaign=made, audience=10, pending=10)
    return made


def deliver(campaign: Campaign, count: int) -> None:
    """So many of the ten have it."""
    CampaignProgress.objects.filter(campaign=campaign).update(pending=10 - count, delivered=count, version=count)


class Event(NamedTuple):
    """One event as a browser hands it over."""

    name: str
    data: str
    id: str


class StreamProcess:
    """A running stream process at `url`."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        at = connection.settings_dict
        host = str(at["HOST"]).replace("/", "%2F")
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": f"postgres://{at['USER']}:{at['PASSWORD']}@{host}:{at['PORT']}/{at['NAME']}",
        }
        command = [sys.executable, "-m", "uvicorn", "config.stream:application", "--port", str(port)]
        options = ["--lifespan", "on", "--timeout-graceful-shutdown", "1", "--log-level", "warning"]
        self.process = subprocess.Popen([*command, *options], cwd=ROOT, env=environment)
        self._wait()

    def _wait(self) -> None:
        for _ in range(300):
            try:
                requests.get(f"{self.url}/healthz", timeout=1).raise_for_status()
            except requests.ConnectionError:
                assert self.process.poll() is None, "the stream process ended"
                time.sleep(0.1)
            else:
                return
        raise AssertionError("the stream process does not answer")

    def threads(self) -> int:
        """How many threads it has now."""
        return int(psutil.Process(self.process.pid).num_threads())

    def stop(self) -> int:
        """End it as a platform does; its exit code."""
        self.process.terminate()
        return self.process.wait(10)


def events(response: requests.Response) -> Iterator[Event]:
    """The events of an open stream, as they arrive; comments and `retry` are left out."""
    fields: dict[str, str] = {}
    for line in response.iter_lines(chunk_size=1, decode_unicode=True):
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "event" in fields:
            yield Event(fields["event"], fields.get("data", ""), fields.get("id", ""))
            fields = {}
