"""Everything behind a pooler that gives connections away after each transaction, fewer than there are processes."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
import requests
from django.core.management import call_command
from django.db import connection

from audiences.models import Contact, ContactImport, Store
from audiences.services.keys import issue_key
from config.audit import SYSTEM
from messaging.models import ProviderAccount
from tests.factories import CampaignFactory
from tests.flows.ends import assert_all_adds_up, begin, wait_for_end
from tests.flows.pooler import CONNECTIONS, PROGRAM, Pooler
from tests.flows.stack import Stack, eventually

pytestmark = [
    pytest.mark.flow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(PROGRAM is None, reason="no pgbouncer on this machine"),
]
PROCESSES = ("web", "work", "send1", "send2", "beat")
QUOTE = {"message": "Hi {{first_name|there}}", "audience": {"all": True}}


@pytest.fixture
def pooler(transactional_db: None, tmp_path: Path) -> Iterator[Pooler]:
    running = Pooler(tmp_path)
    yield running
    running.stop()
    with connection.cursor() as cursor:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"ALTER ROLE CURRENT_USER IN DATABASE {name} RESET ALL")


def database_check(stack: Stack) -> str:
    """What /readyz says is wrong with the database."""
    checks = requests.get(f"{stack.url}/readyz", timeout=20).json()["checks"]
    return next(str(check["reason"]) for check in checks if check["name"] == "database")


def client_of(store: Store) -> requests.Session:
    client = requests.Session()
    key = issue_key(store=store, name="pooler", scopes=["read", "send", "admin"], actor=SYSTEM)
    client.headers["Authorization"] = f"Bearer {key.plain}"
    return client


def test_a_campaign_an_import_and_reads_pass_a_pooler(pooler: Pooler, stack: Stack, account: ProviderAccount) -> None:
    pooled = {"DB_POOLER": "1", "DATABASE_URL": pooler.url}
    stack.start("web", **pooled)
    assert "lock_timeout" in database_check(stack)
    call_command("database_limits", stdout=StringIO())
    pooler.tell("RECONNECT")
    eventually(lambda: database_check(stack) == "", seconds=120, what=lambda: database_check(stack))
    stack.start(*PROCESSES[1:], **pooled)
    campaign = CampaignFactory.create(people=150)
    client = client_of(campaign.store)

    begin(campaign)
    file = "phone,first name\n" + "".join(f"+30693333{number:04d},Anna\n" for number in range(300))
    made = client.post(
        f"{stack.url}/api/v1/imports",
        files={"file": ("people.csv", file)},
        data={"consent": "opted_in", "consent_source": "till"},
        timeout=30,
    )
    wait_for_end(campaign, seconds=150)

    assert_all_adds_up(campaign, stack, recipients=150)
    assert made.status_code in {200, 201, 202}, made.text
    imported = ContactImport.objects.filter(store=campaign.store, status="done")
    eventually(imported.exists, seconds=120, what=lambda: ContactImport.objects.values())
    assert Contact.objects.filter(store=campaign.store).count() == 450
    quote = client.post(f"{stack.url}/api/v1/campaigns/quote", json=QUOTE, timeout=30)
    assert (quote.status_code, quote.json()["recipients"]) == (200, 450), quote.text
    [pool] = [pool for pool in pooler.tell("SHOW POOLS") if pool["database"] == connection.settings_dict["NAME"]]
    assert int(str(pool["sv_active"])) + int(str(pool["sv_idle"])) + int(str(pool["sv_used"])) <= CONNECTIONS
