"""Exports read the replica where there is one, and the primary where there is none."""

from collections.abc import Callable, Iterator

import environ
import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from audiences.models import Store
from audiences.services.export import contacts_csv
from campaigns.models import Campaign
from campaigns.recipients import recipients_csv
from config.audit import SYSTEM
from config.database import databases, reports
from messaging.watching.messages import Asked, messages_csv
from tests.factories import ContactFactory, StoreFactory
from tests.steps import launched

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def replica() -> Iterator[None]:
    """A second connection to the tests' database that plays the standby."""
    connections.settings["replica"] = {**connections.settings["default"], "NAME": connection.settings_dict["NAME"]}
    connections["replica"].connect()  # what connects later would be refused: the mark `django_db` knows no replica
    yield
    connections["replica"].close()
    del connections["replica"]
    del connections.settings["replica"]


def _contacts() -> list[str]:
    store: Store = StoreFactory.create()
    ContactFactory.create(store=store)
    return list(contacts_csv(store=store, actor=SYSTEM))


def _messages() -> list[str]:
    campaign = launched(people=1)
    return list(messages_csv(store=campaign.store, actor=SYSTEM, asked=Asked()))


def _recipients() -> list[str]:
    campaign: Campaign = launched(people=1)
    return list(recipients_csv(campaign, actor=SYSTEM))


@pytest.mark.parametrize(
    ("export", "table", "rows"),
    [
        (_contacts, "audiences_contact", 1),
        (_messages, "messaging_messagelog", 0),
        (_recipients, "campaigns_campaignrecipient", 1),
    ],
)
@pytest.mark.usefixtures("replica")
def test_exports_read_the_replica(export: Callable[[], list[str]], table: str, rows: int) -> None:
    with CaptureQueriesContext(connections["replica"]) as asked:
        found = export()

    assert len(found) == 1 + rows
    assert any(f'FROM "{table}"' in query["sql"] for query in asked)
    assert not any(query["sql"].startswith(("INSERT", "UPDATE")) for query in asked)


def test_without_one_they_read_the_primary() -> None:
    assert reports() == "default"
    assert len(_contacts()) == 2


def test_a_replica_is_reached_as_the_primary_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://heliograph@primary:5432/heliograph")
    monkeypatch.setenv("REPLICA_URL", "postgres://reader@standby:5432/heliograph")

    found = databases(environ.Env())

    assert (found["replica"]["HOST"], found["replica"]["USER"]) == ("standby", "reader")
    assert found["replica"]["OPTIONS"] == found["default"]["OPTIONS"]
    assert found["replica"]["TEST"] == {"MIRROR": "default"}
