"""Many clicks at the same moment, over real HTTP: one campaign is sent once, whatever the clients do."""

from collections import Counter
from typing import Any

import pytest
import requests

from audiences.models import ContactImport, Store
from audiences.services.keys import issue_key
from billing.models import CreditReservation
from billing.services import account_of
from campaigns.models import Campaign, CampaignEvent, CampaignRecipient
from campaigns.quotes import Draft
from config import idempotency
from config.audit import SYSTEM
from config.models import IdempotencyRecord
from config.opaque import public_id
from tests.api.clients import ALL, V1
from tests.factories import CampaignFactory, StoreFactory
from tests.races import at_once
from tests.steps import assert_sound

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
CLICKS = 50


class Clicker:
    """A client of the running server, the same for every thread."""

    def __init__(self, base: str, store: Store) -> None:
        self.base = f"{base}{V1}"
        self.headers = {
            "Authorization": f"Bearer {issue_key(store=store, name='test', scopes=ALL, actor=SYSTEM).plain}"
        }

    def send(self, method: str, path: str, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
        """Status and body of the answer."""
        answer = requests.request(method, self.base + path, json=body, headers={**self.headers, **headers}, timeout=60)
        return answer.status_code, answer.json() | {"replayed": answer.headers.get("Idempotency-Replayed")}

    def post(self, path: str, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
        """A POST."""
        return self.send("POST", path, body, **headers)


@pytest.fixture
def campaign() -> Campaign:
    """A draft to three people of a store with 1000 credits."""
    return CampaignFactory.create(store=StoreFactory.create(), people=3)


@pytest.fixture
def clicker(live_server: Any, campaign: Campaign) -> Clicker:
    """A client of a server that has a thread per request."""
    live_server.thread.httpd.socket.listen(200)  # its own 10 waiting connections are too few for this
    return Clicker(live_server.url, campaign.store)


def path(campaign: Campaign, action: str = "") -> str:
    return f"/campaigns/{public_id(campaign.pk, kind='cmp')}{action}"


def assert_sent_once(campaign: Campaign) -> None:
    campaign.refresh_from_db()
    account = account_of(campaign.store_id)
    assert (campaign.status, account.held, account.balance) == ("sending", 3, 1000)
    assert CampaignRecipient.objects.filter(campaign=campaign).count() == 3
    assert CreditReservation.objects.count() == 1
    assert CampaignEvent.objects.filter(campaign=campaign, event="launch").count() == 1
    assert_sound()


def test_fifty_clicks_without_a_key_send_once(clicker: Clicker, campaign: Campaign) -> None:
    answers = at_once(CLICKS, lambda _: clicker.post(path(campaign, "/enqueue"), {}))

    told = Counter((answer[0], answer[1].get("code")) for answer in answers if isinstance(answer, tuple))
    assert told == {(202, None): 1, (409, "ALREADY_SENDING"): CLICKS - 1}
    assert_sent_once(campaign)


def test_fifty_clicks_with_one_key_send_once_and_get_one_answer(
    clicker: Clicker, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "WAIT_SECONDS", 30.0)  # this machine may be slow

    answers = at_once(CLICKS, lambda _: clicker.post(path(campaign, "/enqueue"), {}, **{"Idempotency-Key": "click-1"}))

    replies = [answer for answer in answers if isinstance(answer, tuple)]
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert Counter(status for status, _ in replies) == {202: CLICKS}
    assert Counter(body.pop("replayed") for _, body in replies) == {None: 1, "true": CLICKS - 1}
    assert [body for _, body in replies] == [replies[0][1]] * CLICKS
    assert replies[0][1]["credits_held"] == 3
    assert_sent_once(campaign)
    assert IdempotencyRecord.objects.get().status == 202


def test_clicks_with_many_keys_are_many_clicks(clicker: Clicker, campaign: Campaign) -> None:
    answers = at_once(20, lambda n: clicker.post(path(campaign, "/enqueue"), {}, **{"Idempotency-Key": f"click-{n}"}))

    told = Counter((answer[0], answer[1].get("code")) for answer in answers if isinstance(answer, tuple))
    assert told == {(202, None): 1, (409, "ALREADY_SENDING"): 19}
    assert IdempotencyRecord.objects.count() == 1
    assert_sent_once(campaign)


def test_an_edit_at_the_moment_of_the_click_is_sent_whole_or_refused(clicker: Clicker, campaign: Campaign) -> None:
    def act(n: int) -> tuple[int, dict[str, Any]]:
        if n == 0:
            return clicker.post(path(campaign, "/enqueue"), {})
        return clicker.send("PATCH", path(campaign), {"message": f"Text {n}"})

    enqueued, *edits = at_once(12, act)

    assert isinstance(enqueued, tuple)
    campaign.refresh_from_db()
    done = [n for n, edit in enumerate(edits, start=1) if isinstance(edit, tuple) and edit[0] == 200]
    refused = [edit[1]["code"] for edit in edits if isinstance(edit, tuple) and edit[0] == 409]
    assert len(done) + len(refused) == 11
    assert set(refused) <= {"INVALID_STATUS"}
    assert campaign.message in {"Hello {{first_name|there}}", *(f"Text {n}" for n in done)}
    # Either it was launched, then with the text it has now; or an edit came between its price and its launch.
    assert (enqueued[0], campaign.status) in {(202, "sending"), (409, "draft")}
    if enqueued[0] == 202:
        assert campaign.quote
        assert campaign.quote.content_hash == Draft.of(campaign).content_hash
        assert_sent_once(campaign)
    else:
        assert enqueued[1]["code"] == "QUOTE_CHANGED"
        assert account_of(campaign.store_id).held == 0


def test_of_campaigns_that_cost_more_than_there_is_some_are_refused_and_nothing_is_overdrawn(
    clicker: Clicker, campaign: Campaign
) -> None:
    # Three people, ten parts each: 30 credits of 1000, so that 33 of 40 can be paid.
    rivals = CampaignFactory.create_batch(40, store=campaign.store, credits=0, message="x" * 1500)

    answers = at_once(40, lambda n: clicker.post(path(rivals[n], "/enqueue"), {}))

    told = Counter((answer[0], answer[1].get("code")) for answer in answers if isinstance(answer, tuple))
    assert told == {(202, None): 33, (402, "INSUFFICIENT_CREDITS"): 7}
    account = account_of(campaign.store_id)
    assert (account.held, account.balance) == (990, 1000)
    assert_sound()


def test_the_same_file_at_once_with_one_key_is_one_import(
    clicker: Clicker, campaign: Campaign, settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LOCAL_DIR = tmp_path
    monkeypatch.setattr(idempotency, "WAIT_SECONDS", 30.0)

    def upload(_: int) -> tuple[int, str]:
        answer = requests.post(
            f"{clicker.base}/imports",
            files={"file": ("people.csv", b"phone\n6941234567\n")},
            headers={**clicker.headers, "Idempotency-Key": "file-1"},
            timeout=60,
        )
        return answer.status_code, answer.json()["id"]

    answers = at_once(10, upload)

    assert len(set(map(str, answers))) == 1
    assert ContactImport.objects.count() == 1
    assert len(list(tmp_path.rglob("*.csv"))) == 1


def test_moves_at_once_leave_a_history_that_can_be_walked(clicker: Clicker, campaign: Campaign) -> None:
    clicker.post(path(campaign, "/enqueue"), {})
    moves = ["pause", "resume", "pause", "resume", "pause", "cancel"] * 2

    answers = at_once(len(moves), lambda n: clicker.post(path(campaign, f"/{moves[n]}"), {}))

    won = Counter(moves[n] for n, answer in enumerate(answers) if isinstance(answer, tuple) and answer[0] == 200)
    events = list(
        CampaignEvent.objects.filter(campaign=campaign).order_by("pk").values_list("event", "before", "after")
    )
    assert [after for _, _, after in events[:-1]] == [before for _, before, _ in events[1:]]
    assert Counter(event for event, _, _ in events[1:]) == won
    assert won["cancel"] == 1
    campaign.refresh_from_db()
    assert campaign.status == events[-1][2] == "cancelled"
