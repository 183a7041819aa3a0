"""The simulator as a real process, and a webhook that writes down what it is told."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlsplit
from urllib.request import Request, urlopen

from providers.interface import AccountConfig, CallResult, Item, Provider, Receipt
from providers.registry import build

CREDENTIALS = {"api_key": "key", "traffic_account_id": "account", "webhook_secret": "hush"}
ACCOUNTS = {
    "mitto": CREDENTIALS,
    "twilio": {"account_sid": "AC7", "auth_token": "hush"},
    "sinch": {"service_plan_id": "plan", "api_token": "key", "webhook_secret": "hush"},
}


class Simulator:
    """One process on one ledger file; `start` again after `kill` goes on with the same file."""

    command: tuple[str, ...] = ("-m", "providers.simulator")

    def __init__(self, ledger: Path, **plan: Any) -> None:
        self.ledger, self.plan = ledger, plan
        self.start()

    def start(self, *, with_plan: bool = True) -> None:
        options = ["--port", "0", "--ledger", str(self.ledger)]
        options += ["--plan", json.dumps(self.plan)] if with_plan else []
        self.process = subprocess.Popen([sys.executable, *self.command, *options], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = next(line.split()[-1] for line in self.process.stdout if "http://" in line)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        with self.process:
            return self.process.wait(10)

    def provider(self, name: str = "mitto", **options: Any) -> Provider:
        told = {"sends_reference": True, "webhook_url": self.plan.get("receipts", {}).get("url") or "", **options}
        return build(name, AccountConfig(self.url, ACCOUNTS[name], told))

    def submit(self, items: list[Item], *, name: str = "mitto", deadline_seconds: float = 5) -> CallResult:
        provider = self.provider(name)
        return provider.submit(provider.connect(2), items, deadline_seconds=deadline_seconds)

    def call(self, method: str, path: str, content: Any = None, **headers: str) -> tuple[int, Any]:
        body = None if content is None else json.dumps(content).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            with urlopen(Request(self.url + path, data=body, method=method, headers=named), timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def summary(self) -> Any:
        return self.call("GET", "/_ledger?summary=1")[1]

    def lines(self, query: str = "") -> list[dict[str, Any]]:
        with urlopen(f"{self.url}/_ledger{query}", timeout=10) as answer:
            return [json.loads(line) for line in answer]


Start = Callable[..., Simulator]


@dataclass
class Webhook:
    """`statuses` are answered one by one, then 200 for ever."""

    url: str
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)

    def adapter(self, name: str) -> Provider:
        options = {"webhook_url": self.url, "inbound_url": self.url}
        return build(name, AccountConfig("http://h.example", ACCOUNTS[name], options))

    def receipts(self, name: str = "mitto") -> list[Receipt]:
        adapter, calls = self.adapter(name), list(zip(self.calls, self.queries, strict=False))
        return [each for call, query in calls for each in adapter.parse_receipts(*call, query)]

    def words(self) -> list[str]:
        return [each.raw_status for each in self.receipts()]


@contextmanager
def recording_webhook() -> Iterator[Webhook]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            webhook.queries.append(dict(parse_qsl(urlsplit(self.path).query)))
            webhook.calls.append((dict(self.headers), body))
            status = webhook.statuses.pop(0) if webhook.statuses else 200
            self.wfile.write(f"HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n\r\n".encode())

        def log_message(self, format: str, *args: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads, server.block_on_close = True, False
        webhook = Webhook(f"http://127.0.0.1:{server.server_port}/webhooks/mitto")
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield webhook
        server.shutdown()


def eventually(holds: Callable[[], bool], seconds: float = 8) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def items(count: int, *, start: int = 0) -> list[Item]:
    return [Item(f"ref-{n}", f"+3069100{n:05}", f"Hello {n}", "SHOP") for n in range(start, start + count)]
