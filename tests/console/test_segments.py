"""Segments in the console: who is in one, what each rule leaves, and why somebody is not in it."""

import re

import pytest
from django.test import Client

from audiences.models import ContactList, Store
from config.opaque import public_id
from tests.console.segment_form import RULE, WOMEN, address, chosen, sent, told
from tests.factories import CampaignFactory, ContactFactory, ContactListFactory, SegmentFactory


def test_the_list_has_the_stores_own_and_those_of_every_store(store: Store, owner: Client) -> None:
    SegmentFactory.create(store=store, name="Regulars")

    body = owner.get("/segments").content.decode()

    assert body.index("Regulars") < body.index("Women") < body.index("Engaged in 90 days")
    assert 'href="/segments/sys:women"' in body


def test_a_store_without_segments_is_told_what_they_are(owner: Client) -> None:
    assert "No segment yet" in owner.get("/segments").content.decode()


def test_a_segment_says_who_is_in_it_and_what_each_rule_leaves(store: Store, owner: Client) -> None:
    ContactFactory.create(store=store, first_name="Anna", gender="female", language="el")
    ContactFactory.create(store=store, first_name="Berta", gender="female", language="de", consent="opted_out")
    ContactFactory.create(store=store, first_name="Chris", gender="male", language="el")
    rules = {"and": [{"rule": "gender", "is": ["female"]}, {"not": {"rule": "language", "is": ["de"]}}]}
    segment = SegmentFactory.create(store=store, rules=rules)

    body = owner.get(address(segment)).content.decode()

    assert chosen(body) == [("1", "gender:is"), ("2", "language:is")]
    assert re.search(r'name="n-2" checked', body)
    assert told(body) == {"1": "2 meet it, 2 left", "2": "2 meet it, 1 left"}
    assert '<b class="number">1</b>' in body
    assert "Anna" in body
    assert "Chris" not in body


@pytest.mark.parametrize("key", ["women", "engaged_90_days"])
def test_a_system_segment_is_read_only(store: Store, owner: Client, key: str) -> None:
    body = owner.get(f"/segments/sys:{key}").content.decode()

    assert "<fieldset" not in body
    assert 'value="save"' not in body
    assert "data-api" not in body
    assert f"/campaigns/new?segment=sys:{key}" in body


def test_a_viewer_reads_a_segment_and_changes_nothing(store: Store, viewer: Client) -> None:
    segment = SegmentFactory.create(store=store, name="Regulars")
    ContactFactory.create(store=store, first_name="Anna", gender="female")

    body = viewer.get(address(segment)).content.decode()
    answer = sent(viewer, address(segment), store, name="Mine", **WOMEN)

    assert 'value="save"' not in body
    assert "Gender: is Female" in body
    assert "Anna" in body
    assert answer.status_code == 403
    segment.refresh_from_db()
    assert segment.name == "Regulars"


@pytest.mark.parametrize("id", ["sys:everyone", "preview", "rules", "seg_aaaaaaaaaaaaaaaaaaaaaaaaaa"])
def test_what_is_no_segment_is_not_there(owner: Client, id: str) -> None:
    assert owner.get(f"/segments/{id}").status_code == 404


def test_a_segment_whose_list_is_gone_says_so_at_the_rule(store: Store, owner: Client) -> None:
    gone = ContactListFactory.create(store=store)
    segment = SegmentFactory.create(store=store, rules={"rule": "list", "on": gone.pk})
    ContactList.objects.all().delete()

    body = owner.get(address(segment)).content.decode()

    assert re.search(r'id="fault-1" role="alert">There is no such list\. <span[^>]*>unknown_id<', body)
    assert "The count comes when every rule is understood." in body


def test_in_greek_rules_and_faults_are_greek(store: Store, owner: Client) -> None:
    segment = SegmentFactory.create(store=store, rules={"rule": "age", "at_least": 18})
    owner.cookies["django_language"] = "el"

    body = owner.get(address(segment)).content.decode()
    faulty = sent(owner, address(segment), store, **RULE, **{"r-1": "age:at_least", "v-1": "old"}).content.decode()

    assert "Ηλικία: τουλάχιστον" in body
    assert "Ο αριθμός λείπει ή είναι εκτός ορίων." in faulty
    assert "Γυναίκες" in owner.get("/segments").content.decode()


def test_it_says_which_rule_keeps_somebody_out(store: Store, owner: Client) -> None:
    ContactFactory.create(store=store, first_name="Anna", gender="female", language="de")
    rules = {**WOMEN, "k-2": "rule", "p-2": "0", "r-2": "language:is", "v-2": "el"}

    body = sent(owner, "/segments/new", store, "look", who="anna", **rules).content.decode()

    assert "is not in it, because of:" in body
    assert "<li>Language: is el</li>" in body
    assert "<li>Gender" not in body


def test_it_says_who_is_in_it_and_who_is_unknown(store: Store, owner: Client) -> None:
    ContactFactory.create(store=store, first_name="Anna", last_name="", gender="female")

    inside = sent(owner, "/segments/new", store, "look", who="anna", **WOMEN).content.decode()
    nobody = sent(owner, "/segments/new", store, "look", who="Zoe", **WOMEN).content.decode()

    assert "Anna is in it." in inside
    assert "Nobody here is called so." in nobody


def test_a_rule_about_an_older_campaign_keeps_it(store: Store, owner: Client) -> None:
    """Whatever is chosen stands among the choices: a form must not choose another one quietly."""
    campaign = CampaignFactory.create(store=store, name="Long ago", kind="birthday")
    segment = SegmentFactory.create(store=store, rules={"rule": "sent", "campaign": campaign.pk})

    body = owner.get(address(segment)).content.decode()

    assert f'<option value="{public_id(campaign.pk, kind="cmp")}" selected>Long ago</option>' in body


def test_who_may_only_read_reads_rules_in_words(store: Store, viewer: Client) -> None:
    place = ContactListFactory.create(store=store, name="Newsletter")
    rules = {
        "or": [
            {"not": {"rule": "list", "on": place.pk}},
            {"and": [{"rule": "age", "between": [18, 24]}, {"rule": "consent", "is": ["opted_in"]}]},
        ]
    }
    segment = SegmentFactory.create(store=store, rules=rules)

    body = re.sub(r"<[^>]+>|\s+", " ", viewer.get(address(segment)).content.decode())

    assert re.search(r"Any of these .* not +List: on the list Newsletter .* All of these", body)
    assert "Age: between 18 – 24" in body
    assert "Consent: is Opted in" in body
