"""Lists and segments in the console: chosen in the editor, named on a campaign's page, also when they are gone."""

import re

import pytest
from django.test import Client

from audiences.models import Contact, ContactList, Store
from config.models import AuditEvent
from config.opaque import public_id
from tests.console.conftest import as_member
from tests.factories import (
    CampaignFactory,
    ContactFactory,
    ContactListFactory,
    SegmentFactory,
    StoreTemplateFactory,
    api_id,
)


def chosen(body: str) -> tuple[list[str], list[str], list[str]]:
    """(who, list or segment, left out) as the editor has them."""
    audience = body[body.index('name="who"') - 30 :].partition('data-fault="audience"')[0]
    return (
        re.findall(r'name="who" value="(\w+)" checked', audience),
        re.findall(r'<option value="([^"]+)" selected', audience),
        re.findall(r'name="exclude" data-place="\w+" value="([^"]+)" checked', audience),
    )


def edited(owner: Client, audience: dict[str, object], store: Store) -> str:
    campaign = CampaignFactory.create(store=store, audience=audience)
    return owner.get(f"/campaigns/{public_id(campaign.pk, kind='cmp')}/edit").content.decode()


def test_a_draft_begins_with_a_segment(store: Store, owner: Client) -> None:
    segment = SegmentFactory.create(store=store)

    own = owner.get(f"/campaigns/new?segment={api_id(segment)}").content.decode()
    system = owner.get("/campaigns/new?segment=sys:all").content.decode()

    assert chosen(own) == (["segment"], [api_id(segment)], [])
    assert chosen(system) == (["segment"], ["sys:all"], [])
    assert owner.get("/campaigns/new?segment=sys:nobody").status_code == 404


def test_a_draft_keeps_its_segment_and_whom_it_leaves_out(store: Store, owner: Client) -> None:
    segment, place = SegmentFactory.create(store=store), ContactListFactory.create(store=store)
    exclude = [{"kind": "list", "id": place.pk}, {"kind": "segment", "key": "women"}]

    body = edited(owner, {"kind": "segment", "id": segment.pk, "exclude": exclude}, store)

    assert chosen(body) == (["segment"], [api_id(segment)], [api_id(place), "sys:women"])


def test_what_was_chosen_and_is_gone_is_not_quietly_another_one(store: Store, owner: Client) -> None:
    gone, there = ContactListFactory.create(store=store), ContactListFactory.create(store=store)
    name = api_id(gone)
    ContactList.objects.filter(pk=gone.pk).delete()

    body = edited(owner, {"kind": "list", "id": gone.pk, "exclude": []}, store)

    assert chosen(body) == (["list"], [name], [])
    assert "one that was deleted" in body
    assert there.name in body


@pytest.mark.parametrize(("key", "name"), [("women", "Women"), ("engaged_90_days", "Engaged in 90 days")])
def test_a_campaign_names_its_segment(store: Store, owner: Client, key: str, name: str) -> None:
    audience = {"kind": "segment", "key": key, "exclude": [{"kind": "segment", "key": "men"}]}
    campaign = CampaignFactory.create(store=store, audience=audience)

    body = owner.get(f"/campaigns/{public_id(campaign.pk, kind='cmp')}").content.decode()

    assert f'<a href="/segments/sys:{key}">{name}</a>, without Men.' in body


def test_a_campaign_whose_list_was_deleted_can_still_be_read(store: Store, owner: Client) -> None:
    gone = ContactListFactory.create(store=store)
    campaign = CampaignFactory.create(store=store, audience={"kind": "list", "id": gone.pk, "exclude": []})
    ContactList.objects.all().delete()

    answer = owner.get(f"/campaigns/{public_id(campaign.pk, kind='cmp')}")

    assert answer.status_code == 200
    assert "one that was deleted" in answer.content.decode()


def test_a_list_with_the_name_of_a_word_is_not_translated(store: Store, owner: Client) -> None:
    place = ContactListFactory.create(store=store, name="Women")
    campaign = CampaignFactory.create(store=store, audience={"kind": "list", "id": place.pk, "exclude": []})
    owner.cookies["django_language"] = "el"

    body = owner.get(f"/campaigns/{public_id(campaign.pk, kind='cmp')}").content.decode()

    assert f'<a href="/lists/{api_id(place)}">Women</a>' in body


# Contacts and templates -----------------------------------------------------------------------------------------------


def test_a_person_can_be_exported_and_erased(store: Store, owner: Client, viewer: Client) -> None:
    contact = ContactFactory.create(store=store)
    path = f"/contacts/{api_id(contact)}"

    seen = {name: who.get(path).content.decode() for name, who in (("owner", owner), ("viewer", viewer))}

    assert all(f'href="/api/v1{path}/export"' in body for body in seen.values())
    assert f'data-reasoned data-api="POST contacts/{api_id(contact)}/erase"' in seen["owner"]
    assert "/erase" not in seen["viewer"]


def test_the_reason_of_an_erasure_is_in_the_audit(store: Store, owner: Client) -> None:
    contact = ContactFactory.create(store=store)
    path = f"/api/v1/contacts/{api_id(contact)}/erase"

    answer = owner.post(path, {"reason": "asked by letter"}, content_type="application/json")

    assert answer.status_code == 204
    assert AuditEvent.objects.get(action="contact.erase").reason == "asked by letter"
    assert Contact.objects.get(pk=contact.pk).phone is None
    assert owner.get(f"/contacts/{api_id(contact)}").status_code == 404


def test_templates_are_narrowed_by_the_languages_that_there_are(store: Store, other_store: Store) -> None:
    for name, language in (("Kalimera", "el"), ("Kalispera", "el"), ("Morning", "en"), ("Whatever", "")):
        StoreTemplateFactory.create(store=store, name=name, language=language)
    StoreTemplateFactory.create(store=other_store, language="de")
    owner = as_member(store)

    whole = owner.get("/templates").content.decode()
    greek = owner.get("/templates?language=el").content.decode()

    languages = whole[whole.index('id="language"') :].partition("</select>")[0]
    assert re.findall(r'<option value="(\w*)"', languages) == ["", "el", "en"]
    assert "Ελληνικά" in languages
    assert ("Kalimera" in greek, "Morning" in greek) == (True, False)
    assert "No template is like that" in owner.get("/templates?language=fr").content.decode()
