"""Stores, members and API keys."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from audiences.errors import LastOwner, NameTaken
from audiences.models import ApiKey, Member, Store
from audiences.services.keys import issue_key, key_of, revoke_key
from audiences.services.stores import create_store, remove_member, set_member, update_store
from config.audit import SYSTEM
from config.models import AuditEvent
from config.problems import InvalidFields, NotFound
from providers.gsm import count
from tests.factories import MemberFactory, StoreFactory, UserFactory
from tests.races import at_once

SHOP: dict[str, Any] = {"name": "Shop", "slug": "shop", "country": "gr", "sender": "Shop", "actor": SYSTEM}


@pytest.mark.django_db
def test_a_store_is_made_with_its_owner() -> None:
    owner = UserFactory.create()

    made = create_store(**SHOP, owner=owner, time_zone="Europe/Athens")

    assert (made.country, made.time_zone, made.currency) == ("GR", "Europe/Athens", "EUR")
    assert Member.objects.get().role == "owner"
    assert AuditEvent.objects.get().store_id == made.pk


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"country": "XX"}, "#/country"),
        ({"time_zone": "Athens"}, "#/time_zone"),
        ({"sender": "no"}, "#/sender"),
        ({"sender": "a far too long one"}, "#/sender"),
        ({"slug": "not a slug"}, "#/slug"),
        ({"name": ""}, "#/name"),
        ({"quiet_from": time(22)}, "#/quiet_until"),
        ({"links_base_url": "nowhere"}, "#/links_base_url"),
        ({"balance": 7}, "#/balance"),
        ({"status": "suspended"}, "#/status"),
        ({"custom_fields": {"Bad Name": "text"}}, "#/custom_fields"),
        ({"custom_fields": {"city": "blob"}}, "#/custom_fields/city"),
        ({"custom_fields": ["city"]}, "#/custom_fields"),
        ({"custom_fields": {f"f{n}": "text" for n in range(51)}}, "#/custom_fields"),
    ],
)
def test_a_store_that_does_not_hold_water_is_refused(given: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidFields) as refusal:
        create_store(**{**SHOP, **given})

    assert refusal.value.facts["errors"][0]["pointer"] == pointer
    assert Store.objects.count() == 0


def test_a_slug_is_taken_once(store: Store) -> None:
    with pytest.raises(NameTaken):
        create_store(**{**SHOP, "slug": store.slug})


def test_settings_change_one_by_one_and_bad_ones_change_nothing(store: Store) -> None:
    changes = {"sender": "NewName", "quiet_from": time(22), "quiet_until": time(8)}
    changed = update_store(store_id=store.pk, changes=changes, actor=SYSTEM)

    with pytest.raises(InvalidFields):
        update_store(store_id=store.pk, changes={"sender": "Other", "country": "Greece"}, actor=SYSTEM)
    with pytest.raises(NotFound):
        update_store(store_id=0, changes={}, actor=SYSTEM)

    assert (changed.sender, changed.quiet_from, changed.country) == ("NewName", time(22), "GR")
    assert Store.objects.get(pk=store.pk).sender == "NewName"


def test_members_get_roles_and_leave(store: Store) -> None:
    MemberFactory.create(store=store)
    user = UserFactory.create()

    roles = [set_member(store_id=store.pk, user=user, role=role, actor=SYSTEM).role for role in ("viewer", "manager")]
    remove_member(store_id=store.pk, member_id=Member.objects.get(user=user).pk, actor=SYSTEM)

    assert roles == ["viewer", "manager"]
    assert Member.objects.filter(store=store).count() == 1


def test_the_last_owner_stays(store: Store) -> None:
    owner = MemberFactory.create(store=store)

    with pytest.raises(LastOwner):
        remove_member(store_id=store.pk, member_id=owner.pk, actor=SYSTEM)
    with pytest.raises(LastOwner):
        set_member(store_id=store.pk, user=owner.user, role="viewer", actor=SYSTEM)
    with pytest.raises(InvalidFields):
        set_member(store_id=store.pk, user=owner.user, role="king", actor=SYSTEM)

    owner.refresh_from_db()
    assert owner.role == "owner"


def test_another_store_s_member_does_not_exist(store: Store, other_store: Store) -> None:
    stranger = MemberFactory.create(store=other_store, role="viewer")

    with pytest.raises(NotFound):
        remove_member(store_id=store.pk, member_id=stranger.pk, actor=SYSTEM)

    assert Member.objects.filter(pk=stranger.pk).exists()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_owners_cannot_both_step_down() -> None:
    store = StoreFactory.create()
    owners = MemberFactory.create_batch(2, store=store)

    outcomes = at_once(2, lambda n: remove_member(store_id=store.pk, member_id=owners[n].pk, actor=SYSTEM))

    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, LastOwner) for outcome in outcomes) == 1


def test_a_key_is_shown_once_and_found_again_by_its_text(store: Store) -> None:
    key, plain = issue_key(store=store, name="Shop floor", scopes=["send", "read"], actor=SYSTEM)

    found = key_of(plain)

    assert found is not None
    assert (found.pk, found.store, found.scopes) == (key.pk, store, ["read", "send"])
    assert plain.startswith(f"hg_live_{key.prefix}_")
    assert len(plain) >= 53
    stored = ApiKey.objects.get()
    assert plain not in str(vars(stored))
    assert plain.split("_")[-1] not in str(vars(stored))


@pytest.mark.parametrize(
    "change",
    [
        lambda p: "",
        lambda p: p[:-1],
        lambda p: p + "x",
        lambda p: p[:-1] + "é",
        lambda p: p.upper(),
        lambda p: "hg_live_" + "a" * 12,
    ],
)
def test_any_other_text_is_no_key(store: Store, change: Any) -> None:
    plain = issue_key(store=store, name="k", scopes=["read"], actor=SYSTEM).plain

    assert key_of(change(plain)) is None


def test_a_revoked_or_expired_key_is_dead(store: Store, other_store: Store) -> None:
    revoked = issue_key(store=store, name="a", scopes=["read"], actor=SYSTEM)
    soon = timezone.now() + timedelta(hours=1)
    expired = issue_key(store=store, name="b", scopes=["read"], actor=SYSTEM, expires_at=soon)
    assert key_of(expired.plain) is not None
    ApiKey.objects.filter(pk=expired.key.pk).update(expires_at=timezone.now())

    with pytest.raises(NotFound):
        revoke_key(store_id=other_store.pk, key_id=revoked.key.pk, actor=SYSTEM)
    assert key_of(revoked.plain) is not None
    for _ in range(2):
        revoke_key(store_id=store.pk, key_id=revoked.key.pk, actor=SYSTEM)

    assert key_of(revoked.plain) is None
    assert key_of(expired.plain) is None
    assert AuditEvent.objects.filter(action="key.revoke").count() == 1


def test_the_last_use_is_written_once_a_minute(store: Store, django_assert_num_queries: Any) -> None:
    key, plain = issue_key(store=store, name="k", scopes=["read"], actor=SYSTEM)

    with django_assert_num_queries(2):
        key_of(plain)
    with django_assert_num_queries(1):
        key_of(plain)
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now() - timedelta(seconds=61))
    with django_assert_num_queries(2):
        key_of(plain)


@pytest.mark.parametrize(
    "given", [{"name": ""}, {"scopes": []}, {"scopes": ["root"]}, {"expires_at": timezone.now() - timedelta(days=1)}]
)
def test_a_bad_key_is_not_made(store: Store, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidFields):
        issue_key(**{"store": store, "name": "k", "scopes": ["read"], "actor": SYSTEM, **given})

    assert ApiKey.objects.count() == 0


@pytest.mark.parametrize(
    ("country", "text"), [("GR", "ΔIAΓPAΦH: STOP"), ("de", "Abmelden: STOP"), ("JP", "Opt out: reply STOP")]
)
def test_a_new_store_says_in_its_language_how_to_get_no_more(db: None, country: str, text: str) -> None:
    made = create_store(**{**SHOP, "country": country})

    assert made.opt_out_text == text
    assert count(made.opt_out_text).encoding == "GSM-7"


def test_a_new_store_may_go_without_an_opt_out_text(db: None) -> None:
    assert create_store(**SHOP, opt_out_text="").opt_out_text == ""
