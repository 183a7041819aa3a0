"""Static lists, and their members in bulk."""

import pytest

from audiences.errors import NameTaken
from audiences.models import Contact, ContactList, ListMembership, Store
from audiences.services.lists import change_members, create_list, delete_list, get_or_create_list, rename_list
from config.audit import SYSTEM
from config.models import AuditEvent
from config.problems import InvalidFields, NotFound
from tests.factories import ContactFactory, ContactListFactory, StoreFactory
from tests.races import at_once


def members(named: ContactList) -> set[int]:
    return set(named.memberships.values_list("contact_id", flat=True))


def test_a_list_is_made_renamed_and_deleted_and_its_contacts_stay(store: Store) -> None:
    made = create_list(store=store, name="  VIP ", actor=SYSTEM)
    change_members(store_id=store.pk, list_id=made.pk, add=[ContactFactory.create(store=store).pk], actor=SYSTEM)

    renamed = rename_list(store_id=store.pk, list_id=made.pk, name="Best", description="who buys", actor=SYSTEM)
    delete_list(store_id=store.pk, list_id=made.pk, actor=SYSTEM)

    assert (made.name, renamed.name, renamed.description) == ("VIP", "Best", "who buys")
    assert (ContactList.objects.count(), ListMembership.objects.count(), Contact.objects.count()) == (0, 0, 1)


def test_a_name_is_once_per_store(store: Store, other_store: Store) -> None:
    create_list(store=store, name="VIP", actor=SYSTEM)
    second = create_list(store=store, name="Second", actor=SYSTEM)
    create_list(store=other_store, name="VIP", actor=SYSTEM)

    with pytest.raises(NameTaken):
        create_list(store=store, name="VIP", actor=SYSTEM)
    with pytest.raises(NameTaken):
        rename_list(store_id=store.pk, list_id=second.pk, name="VIP", actor=SYSTEM)

    assert get_or_create_list(store=store, name="VIP ", actor=SYSTEM).store_id == store.pk
    assert ContactList.objects.count() == 3


@pytest.mark.parametrize("name", ["", "   ", "x" * 161, "a\x00b"])
def test_a_bad_name_is_refused(store: Store, name: str) -> None:
    with pytest.raises(InvalidFields):
        create_list(store=store, name=name, actor=SYSTEM)

    assert ContactList.objects.count() == 0


def test_members_come_and_go_and_only_real_changes_count(store: Store) -> None:
    a, b, c = ContactFactory.create_batch(3, store=store)
    named = ContactListFactory.create(store=store, contacts=[a])

    changed = change_members(store_id=store.pk, list_id=named.pk, add=[a.pk, b.pk, b.pk], remove=[c.pk], actor=SYSTEM)
    back = change_members(store_id=store.pk, list_id=named.pk, remove=[a.pk], actor=SYSTEM)

    assert (changed, back) == ((1, 0), (0, 1))
    assert members(named) == {b.pk}
    assert ContactList.objects.get(pk=named.pk).updated_at > named.updated_at


def test_nothing_to_change_leaves_the_list_s_version_alone(store: Store) -> None:
    a = ContactFactory.create(store=store)
    named = ContactListFactory.create(store=store, contacts=[a])

    changed = change_members(store_id=store.pk, list_id=named.pk, add=[a.pk], actor=SYSTEM)

    assert changed == (0, 0)
    assert ContactList.objects.get(pk=named.pk).updated_at == named.updated_at
    assert AuditEvent.objects.count() == 0


@pytest.mark.parametrize("where", ["add", "remove"])
def test_one_foreign_contact_refuses_the_whole_call(store: Store, other_store: Store, where: str) -> None:
    ours, stranger = ContactFactory.create(store=store), ContactFactory.create(store=other_store)
    named = ContactListFactory.create(store=store)

    with pytest.raises(InvalidFields) as refusal:
        change_members(store_id=store.pk, list_id=named.pk, actor=SYSTEM, **{where: [ours.pk, stranger.pk]})

    assert refusal.value.facts["errors"][0]["pointer"] == f"#/{where}"
    assert members(named) == set()


def test_a_stranger_s_list_does_not_exist(store: Store, other_store: Store) -> None:
    stranger = ContactListFactory.create(store=other_store, name="Theirs")

    for refused in (
        lambda: rename_list(store_id=store.pk, list_id=stranger.pk, name="Mine", actor=SYSTEM),
        lambda: delete_list(store_id=store.pk, list_id=stranger.pk, actor=SYSTEM),
        lambda: change_members(store_id=store.pk, list_id=stranger.pk, actor=SYSTEM),
    ):
        with pytest.raises(NotFound):
            refused()

    assert ContactList.objects.get().name == "Theirs"


def test_a_call_is_bounded(store: Store) -> None:
    named = ContactListFactory.create(store=store)

    with pytest.raises(InvalidFields) as refusal:
        change_members(store_id=store.pk, list_id=named.pk, add=range(10_001), actor=SYSTEM)

    assert refusal.value.facts["errors"][0]["code"] == "too_many"


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_many_adding_the_same_contacts_add_each_once() -> None:
    store = StoreFactory.create()
    people = [contact.pk for contact in ContactFactory.create_batch(5, store=store)]
    named = ContactListFactory.create(store=store)

    outcomes = at_once(4, lambda _: change_members(store_id=store.pk, list_id=named.pk, add=people, actor=SYSTEM))

    assert sorted(map(str, outcomes)) == ["Changed(added=0, removed=0)"] * 3 + ["Changed(added=5, removed=0)"]
    assert members(named) == set(people)
