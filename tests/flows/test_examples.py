"""The examples of the documentation do what they say, against real processes."""

import os
import subprocess
import sys

import pytest

from audiences.models import Store
from audiences.services.keys import issue_key
from billing.services import account_of, grant
from config.audit import SYSTEM
from messaging.models import ProviderAccount
from tests.flows.stack import Stack, free_port
from tests.simulator import ROOT

pytestmark = [pytest.mark.flow, pytest.mark.timeout(240)]
EXAMPLES = ROOT / "docs" / "examples"


def test_both_examples_send_a_campaign(stack: Stack, account: ProviderAccount, store: Store) -> None:
    port = str(free_port())
    stack.start("web", "work", "send1", "beat", "stream", STREAM_PORT=port, STREAM_URL=f"http://127.0.0.1:{port}")
    grant(store_id=store.pk, amount=100, key="grant:examples", label="For the test", actor=SYSTEM)
    issued = issue_key(store=store, name="examples", scopes=("read", "send"), actor=SYSTEM)
    environment = {**os.environ, "API": f"{stack.url}/api/v1", "KEY": issued.plain}

    said = {}
    for number, command in enumerate([[sys.executable, "main_road.py"], ["sh", "main_road.sh"]]):
        phone = f"+30697000000{number}"
        ran = subprocess.run(
            [*command, phone], cwd=EXAMPLES, env=environment, capture_output=True, text=True, timeout=100, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert phone in ran.stdout
        said[command[1]] = ran.stdout

    assert "1 people, 1 credits" in said["main_road.py"]
    assert ": 1 credits are held" in said["main_road.py"]
    assert "event: progress" in said["main_road.sh"]
    assert sorted(item["destination"] for item in stack.simulator.received()) == ["+306970000000", "+306970000001"]
    balance = account_of(store.pk)
    assert (balance.balance, balance.held) == (98, 0)
