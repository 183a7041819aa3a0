"""Keys: only the exact text opens, only while it lives, and looking costs one query."""

import string
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audiences.models import ApiKey, Store
from audiences.services.keys import Issued, issue_key, key_of, revoke_key
from config.audit import SYSTEM
from config.models import AuditEvent
from tests.factories import StoreFactory, UserFactory
from tests.races import at_once

LETTERS = string.ascii_letters + string.digits + "-_"


@pytest.fixture
def issued(store: Store) -> Issued:
    """A key that was never used."""
    return issue_key(store=store, name="till", scopes=["read"], actor=SYSTEM)


def used(key: ApiKey) -> Any:
    return ApiKey.objects.get(pk=key.pk).last_used_at


def test_every_change_of_one_character_is_another_key(issued: Issued) -> None:
    for at, letter in enumerate(issued.plain):
        other = LETTERS[(LETTERS.index(letter) + 1) % len(LETTERS)]
        assert key_of(issued.plain[:at] + other + issued.plain[at + 1 :]) is None, f"place {at}"

    assert used(issued.key) is None
    found = key_of(issued.plain)
    assert found
    assert found.pk == issued.key.pk


@pytest.mark.parametrize("text", ["{}\n", " {}", "{}\x00", "{}{}", "Bearer {}", "{}é"])
def test_a_key_with_something_around_it_is_no_key(issued: Issued, text: str) -> None:
    assert key_of(text.replace("{}", issued.plain)) is None


def test_the_right_prefix_with_a_wrong_secret_costs_what_an_unknown_key_costs(
    issued: Issued, django_assert_num_queries: Any
) -> None:
    for plain in (issued.plain[:-1] + "!", "hg_live_aaaaaaaaaaaa_" + "b" * 43):
        with django_assert_num_queries(1):
            assert key_of(plain) is None


@pytest.mark.parametrize(
    "plain", ["", "hg_live_", "hg_test_aaaaaaaaaaaa_x", "x" * 101, "hg_live_" + "a" * 100, "é" * 30]
)
def test_what_cannot_be_a_key_is_not_looked_up(db: None, django_assert_num_queries: Any, plain: str) -> None:
    with django_assert_num_queries(0):
        assert key_of(plain) is None


def test_the_secret_is_compared_in_constant_time(issued: Issued, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[int, int]] = []

    def compare(ours: str, theirs: str) -> bool:
        compared.append((len(ours), len(theirs)))
        return ours == theirs

    monkeypatch.setattr("audiences.services.keys.hmac.compare_digest", compare)

    assert key_of(issued.plain)
    assert key_of(issued.plain[:-5]) is None
    assert compared == [(64, 64), (64, 64)]


@pytest.mark.parametrize(("seconds", "alive"), [(3600, True), (1, True), (0, False), (-1, False)])
def test_a_key_dies_at_its_moment(issued: Issued, seconds: int, alive: bool) -> None:
    ApiKey.objects.update(expires_at=timezone.now() + timedelta(seconds=seconds))

    assert (key_of(issued.plain) is not None) is alive


@pytest.mark.parametrize("dead", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now() - timedelta(days=1)}])
def test_a_dead_key_is_not_marked_as_used(issued: Issued, dead: dict[str, Any]) -> None:
    ApiKey.objects.update(**dead)

    assert key_of(issued.plain) is None

    assert used(issued.key) is None


@pytest.mark.parametrize(("ago", "written"), [(0, False), (59, False), (61, True), (3600, True)])
def test_the_last_use_is_exact_to_a_minute(issued: Issued, ago: int, written: bool) -> None:
    before = timezone.now() - timedelta(seconds=ago)
    ApiKey.objects.update(last_used_at=before)

    key_of(issued.plain)

    assert (used(issued.key) > before) is written


def test_a_last_use_in_the_future_is_left_alone(issued: Issued) -> None:
    later = timezone.now() + timedelta(hours=1)  # another machine's clock
    ApiKey.objects.update(last_used_at=later)

    assert key_of(issued.plain)

    assert used(issued.key) == later


def test_a_key_knows_who_made_it_and_lives_on_without_him(store: Store) -> None:
    user = UserFactory.create()
    made = issue_key(store=store, name=" till ", scopes=["send", "read", "read"], actor=SYSTEM, created_by_id=user.pk)

    user.delete()

    found = key_of(made.plain)
    assert found
    assert (found.name, found.scopes, found.created_by_id) == ("till", ["read", "send"], None)


def test_the_audit_names_scopes_and_no_secret(issued: Issued) -> None:
    revoke_key(store_id=issued.key.store_id, key_id=issued.key.pk, actor=SYSTEM)

    told = list(AuditEvent.objects.order_by("pk").values_list("action", "subject", "facts"))
    subject = f"key:{issued.key.pk}"
    assert told == [
        ("key.issue", subject, {"scopes": ["read"]}),
        ("key.revoke", subject, {"before": "active", "after": "revoked"}),
    ]


def test_a_hundred_keys_have_nothing_in_common(store: Store) -> None:
    plains = [issue_key(store=store, name="k", scopes=["read"], actor=SYSTEM).plain for _ in range(100)]

    assert len({plain.split("_")[2] for plain in plains}) == 100
    assert len({plain[21:] for plain in plains}) == 100
    assert {len(plain) for plain in plains} == {64}


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_busy_key_is_found_by_everybody_and_revoked_once() -> None:
    store = StoreFactory.create()
    made = issue_key(store=store, name="till", scopes=["read"], actor=SYSTEM)

    found = at_once(10, lambda _: key_of(made.plain))
    at_once(4, lambda _: revoke_key(store_id=store.pk, key_id=made.key.pk, actor=SYSTEM))

    assert [key.pk for key in found if isinstance(key, ApiKey)] == [made.key.pk] * 10
    assert AuditEvent.objects.filter(action="key.revoke").count() == 1
    assert key_of(made.plain) is None
