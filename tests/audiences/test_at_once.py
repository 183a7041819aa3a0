"""Lists, members and imports while others change the same: nothing is twice, nothing half, somebody always owns."""

from collections import Counter
from typing import Any

import pytest

from audiences.errors import LastOwner, NameTaken
from audiences.imports import run_import
from audiences.models import Contact, ContactImport, ContactList, ListMembership, Member, Store
from audiences.services.contacts import delete_contact
from audiences.services.lists import change_members, create_list, delete_list, get_or_create_list
from audiences.services.stores import remove_member, set_member
from config.audit import SYSTEM
from config.models import AuditEvent
from config.problems import InvalidFields, NotFound
from tests.audiences.importing import counts, take
from tests.factories import ContactFactory, ContactListFactory, MemberFactory, StoreFactory, UserFactory
from tests.races import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop() -> Store:
    """A store that many threads see."""
    return StoreFactory.create()


def kinds(outcomes: list[Any]) -> Counter[str]:
    """How often which type came back."""
    return Counter(type(outcome).__name__ for outcome in outcomes)


def test_a_name_is_given_once(shop: Store) -> None:
    outcomes = at_once(8, lambda _: create_list(store=shop, name="VIP", actor=SYSTEM))

    assert kinds(outcomes) == {"ContactList": 1, "NameTaken": 7}
    assert AuditEvent.objects.filter(action="list.create").count() == ContactList.objects.count() == 1


def test_everybody_gets_the_list_that_one_of_them_made(shop: Store) -> None:
    outcomes = at_once(8, lambda _: get_or_create_list(store=shop, name="VIP", actor=SYSTEM).pk)

    assert set(outcomes) == {ContactList.objects.get().pk}
    assert not [outcome for outcome in outcomes if isinstance(outcome, NameTaken)]


def test_adding_and_removing_at_once_counts_what_really_changed(shop: Store) -> None:
    people = [contact.pk for contact in ContactFactory.create_batch(6, store=shop)]
    named = ContactListFactory.create(store=shop)

    def change(n: int) -> tuple[int, int]:
        way = {"add": people} if n % 2 else {"remove": people}
        return change_members(store_id=shop.pk, list_id=named.pk, actor=SYSTEM, **way)

    outcomes = at_once(8, change)

    changed = [outcome for outcome in outcomes if isinstance(outcome, tuple)]
    assert len(changed) == 8
    assert sum(added - removed for added, removed in changed) == ListMembership.objects.count()
    assert ListMembership.objects.count() in {0, 6}


def test_people_added_to_a_list_that_is_deleted_meanwhile_are_on_no_list(shop: Store) -> None:
    people = [contact.pk for contact in ContactFactory.create_batch(20, store=shop)]
    named = ContactListFactory.create(store=shop)

    def act(n: int) -> Any:
        if n == 0:
            return delete_list(store_id=shop.pk, list_id=named.pk, actor=SYSTEM)
        return change_members(store_id=shop.pk, list_id=named.pk, add=people, actor=SYSTEM)

    outcomes = at_once(5, act)

    assert outcomes[0] is None
    assert set(kinds(outcomes[1:])) <= {"Changed", "NotFound"}
    assert not [bad for bad in outcomes if isinstance(bad, Exception) and not isinstance(bad, NotFound)]
    assert (ContactList.objects.count(), ListMembership.objects.count()) == (0, 0)


def test_somebody_deleted_twice_is_deleted_once(shop: Store) -> None:
    contact = ContactFactory.create(store=shop, consent="opted_out")

    outcomes = at_once(5, lambda _: delete_contact(store=shop, contact_id=contact.pk, actor=SYSTEM))

    assert kinds(outcomes) == {"NoneType": 1, "NotFound": 4}
    assert AuditEvent.objects.filter(action="contact.delete").count() == 1


def test_an_owner_is_left_whatever_is_done_to_them_at_once(shop: Store) -> None:
    owners = MemberFactory.create_batch(4, store=shop)

    def step_down(n: int) -> Any:
        if n % 2:
            return remove_member(store_id=shop.pk, member_id=owners[n].pk, actor=SYSTEM)
        return set_member(store_id=shop.pk, user=owners[n].user, role="viewer", actor=SYSTEM)

    outcomes = at_once(4, step_down)

    assert [type(bad) for bad in outcomes if isinstance(bad, Exception)] == [LastOwner]
    assert Member.objects.filter(store=shop, role="owner").count() == 1


def test_a_member_made_by_several_is_one_member(shop: Store) -> None:
    user = UserFactory.create()

    outcomes = at_once(
        6, lambda n: set_member(store_id=shop.pk, user=user, role=("viewer", "manager")[n % 2], actor=SYSTEM)
    )

    assert kinds(outcomes) == {"Member": 6}
    assert Member.objects.get().role in {"viewer", "manager"}


def test_a_refused_change_of_members_leaves_roles_and_audit(shop: Store) -> None:
    owner = MemberFactory.create(store=shop)

    with pytest.raises(InvalidFields):
        set_member(store_id=shop.pk, user=owner.user, role="emperor", actor=SYSTEM)
    with pytest.raises(LastOwner):
        set_member(store_id=shop.pk, user=owner.user, role="manager", actor=SYSTEM)

    assert set_member(store_id=shop.pk, user=owner.user, role="owner", actor=SYSTEM).role == "owner"
    assert AuditEvent.objects.count() == 1


def test_one_file_taken_twice_and_run_at_once_makes_everybody_once(shop: Store, settings: Any, local_dir: Any) -> None:
    settings.IMPORT_CHUNK = 7
    rows = "".join(f"+30694{n:07d},name{n},{'no' if n % 10 == 0 else 'yes'}\n" for n in range(60))
    stated = {"consent": "opted_in", "consent_source": "till", "list_name": "All"}
    jobs = [take(shop, f"phone,name,consent\n{rows}12,bad,\n", **stated) for _ in range(2)]

    outcomes = at_once(2, lambda n: run_import(jobs[n].pk))

    assert not [bad for bad in outcomes if isinstance(bad, Exception)]
    both = [counts(job) for job in jobs]
    assert sum(one.get("created", 0) for one in both) == sum(one.get("unchanged", 0) for one in both) == 60
    assert [one["refused"] for one in both] == [1, 1]
    assert Counter(Contact.objects.values_list("consent", flat=True)) == {"opted_in": 54, "opted_out": 6}
    assert (ListMembership.objects.count(), ContactList.objects.count()) == (60, 1)
    assert set(ContactImport.objects.values_list("status", flat=True)) == {"done"}


def test_a_contact_deleted_while_it_is_imported_ends_whole(shop: Store, settings: Any, local_dir: Any) -> None:
    people = ContactFactory.create_batch(10, store=shop, consent="opted_out")
    job = take(shop, "phone,name\n" + "".join(f"{one.phone},New\n" for one in people))

    def act(n: int) -> Any:
        if n == 0:
            return run_import(job.pk)
        for one in people:
            delete_contact(store=shop, contact_id=one.pk, actor=SYSTEM)
        return None

    outcomes = at_once(2, act)

    assert not [bad for bad in outcomes if isinstance(bad, Exception)]
    living = Contact.objects.filter(erased_at=None)
    assert set(living.values_list("consent", flat=True)) <= {"opted_out"}
    erased = Contact.objects.exclude(erased_at=None)
    assert erased.count() == 10
    assert set(erased.values_list("phone", "first_name")) == {(None, "")}
