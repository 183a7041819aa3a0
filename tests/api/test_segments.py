"""Segments over HTTP."""

from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from audiences.models import Segment, Store
from config.models import AuditEvent
from config.opaque import public_id
from tests.api.clients import V1, code, pointers
from tests.factories import CampaignFactory, ContactFactory, ContactListFactory, SegmentFactory, StoreFactory, api_id

SEGMENTS = f"{V1}/segments"
WOMEN = {"rule": "gender", "is": ["female"]}
SYSTEM = [
    "sys:all", "sys:women", "sys:men", "sys:other_gender", "sys:gender_unknown", "sys:age_18_24", "sys:age_25_34",
    "sys:age_35_44", "sys:age_45_54", "sys:age_55_plus", "sys:birthday_this_month", "sys:new_30_days",
    "sys:engaged_90_days",
]  # fmt: skip


def preview(api: APIClient, rules: Any, **more: str) -> Any:
    answer = api.post(f"{SEGMENTS}/preview", {"rules": rules, **more})
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_segment_is_made_read_changed_and_deleted(api: APIClient, store: Store) -> None:
    ContactFactory.create(store=store, gender="female")
    ContactFactory.create(store=store, gender="male")

    made = api.post(SEGMENTS, {"name": "Women", "rules": {"rule": "gender", "is": "female"}})
    address = f"{SEGMENTS}/{made.json()['id']}"
    read = api.get(address).json()
    changed = api.patch(address, {"rules": {"not": WOMEN}})

    assert made.status_code == 201
    assert made.json()["rules"] == WOMEN
    assert {name: read[name] for name in ("says", "count", "blockers", "system")} == {
        "says": "Gender is female", "count": 1, "blockers": [], "system": False,
    }  # fmt: skip
    assert changed.json()["rules"] == {"not": WOMEN}
    assert api.get(f"{address}?fields=count,says").json() == {"count": 1, "says": "not (Gender is female)"}
    assert api.delete(address).status_code == 204
    assert code(api.get(address)) == (404, "NOT_FOUND")


def test_every_change_is_audited_once(api: APIClient, store: Store) -> None:
    address = f"{SEGMENTS}/{api.post(SEGMENTS, {'name': 'A', 'rules': WOMEN}).json()['id']}"
    api.patch(address, {"name": "B", "rules": WOMEN})
    api.patch(address, {"name": "B"})
    api.delete(address)

    events = AuditEvent.objects.filter(store_id=store.pk, action__startswith="segment.").order_by("pk")

    assert list(events.values_list("action", "facts")) == [
        ("segment.create", {}), ("segment.edit", {"fields": ["name"]}), ("segment.delete", {}),
    ]  # fmt: skip


def test_a_name_is_taken_once_per_store(api: APIClient, stranger: APIClient) -> None:
    body = {"name": "Women", "rules": WOMEN}
    api.post(SEGMENTS, body)
    other = api.post(SEGMENTS, {**body, "name": "Others"}).json()["id"]

    assert code(api.post(SEGMENTS, body)) == (409, "CONFLICT")
    assert code(api.patch(f"{SEGMENTS}/{other}", {"name": "Women"})) == (409, "CONFLICT")
    assert stranger.post(SEGMENTS, body).status_code == 201


def test_the_system_segments_come_first_and_pages_go_on(api: APIClient, store: Store) -> None:
    mine = [api_id(row) for row in SegmentFactory.create_batch(4, store=store)]
    SegmentFactory.create(store=StoreFactory.create())

    whole = [row["id"] for row in api.get(SEGMENTS).json()["results"]]

    assert whole == [*SYSTEM, *reversed(mine)]
    for limit in (1, 5, 12, 13, 14, 17):
        assert [row["id"] for row in pages(api, f"{SEGMENTS}?limit={limit}", limit)] == whole


def pages(api: APIClient, address: str | None, limit: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while address:
        page = api.get(address).json()
        assert len(page["results"]) == limit or page["next"] is None
        rows, address = [*rows, *page["results"]], page["next"]
    return rows


def test_a_store_without_segments_of_its_own_has_the_system_s(api: APIClient) -> None:
    answer = api.get(SEGMENTS).json()

    assert ([row["id"] for row in answer["results"]], answer["next"]) == (SYSTEM, None)
    assert code(api.get(f"{SEGMENTS}?cursor=sys_x")) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("name", SYSTEM)
def test_a_system_segment_is_read_and_stays(api: APIClient, store: Store, name: str) -> None:
    ContactFactory.create(store=store, gender="", birthday=None)
    expected = {"sys:all", "sys:gender_unknown", "sys:new_30_days"}

    answer = api.get(f"{SEGMENTS}/{name}").json()

    assert (answer["count"], answer["system"], answer["created_at"]) == (int(name in expected), True, None)
    assert code(api.patch(f"{SEGMENTS}/{name}", {"name": "Mine"})) == (409, "CONFLICT")
    assert code(api.delete(f"{SEGMENTS}/{name}")) == (409, "CONFLICT")


def test_an_unknown_key_is_no_segment(api: APIClient) -> None:
    assert code(api.get(f"{SEGMENTS}/sys:everybody")) == (404, "NOT_FOUND")
    body = {"name": "A", "message": "A", "audience": {"segment": "sys:everybody"}}
    assert code(api.post(f"{V1}/campaigns", body)) == (400, "AUDIENCE_INVALID")


def test_everything_that_is_wrong_is_named_with_its_place(api: APIClient) -> None:
    rules = {"and": [{"rule": "age", "at_least": "old"}, {"not": {"rule": "shoe", "is": 1}}, {"or": []}, 7]}

    answer = api.post(SEGMENTS, {"name": "A", "rules": rules})

    assert code(answer) == (400, "VALIDATION_ERROR")
    assert pointers(answer) == [
        ("#/rules/and/0/at_least", "bad_number"),
        ("#/rules/and/1/not/rule", "unknown_rule"),
        ("#/rules/and/2/or", "empty_group"),
        ("#/rules/and/3", "bad_rule"),
    ]
    assert not Segment.objects.exists()


@pytest.mark.parametrize("rules", [[], "everybody", 1, None, {}, {"rule": "age", "at_least": "\x00"}])
def test_what_are_no_rules_is_refused(api: APIClient, rules: Any) -> None:
    assert code(api.post(SEGMENTS, {"name": "A", "rules": rules})) == (400, "VALIDATION_ERROR")
    assert code(api.post(f"{SEGMENTS}/preview", {"rules": rules})) == (400, "VALIDATION_ERROR")


def test_a_preview_counts_shows_and_explains(api: APIClient, store: Store) -> None:
    anna = ContactFactory.create(store=store, first_name="Anna", gender="female", language="el")
    ContactFactory.create(store=store, gender="female", language="en")
    ContactFactory.create(store=store, gender="male", language="el")
    rules = {"and": [WOMEN, {"or": [{"rule": "language", "is": "el"}]}]}

    found = preview(api, rules)

    assert found["count"] == 1
    assert [(row["id"], row["first_name"], row["exclusion"]) for row in found["people"]] == [
        (api_id(anna), "Anna", None)
    ]
    assert found["contact"] is None
    assert [tuple(row.values()) for row in found["explained"]] == [
        ("", "(Gender is female) and (Language is el)", 1, 1),
        ("/and/0", "Gender is female", 2, 2),
        ("/and/1", "Language is el", 2, 1),
        ("/and/1/or/0", "Language is el", 2, None),
    ]


def test_a_preview_says_which_rules_keep_a_contact_out(api: APIClient, store: Store) -> None:
    him = ContactFactory.create(store=store, gender="male", language="el", birthday=None)
    rules = {"and": [WOMEN, {"rule": "language", "is": "el"}, {"not": {"or": [{"rule": "language", "is": "el"}]}}]}

    out = preview(api, rules, contact=api_id(him))["contact"]
    inside = preview(api, {"not": WOMEN}, contact=api_id(him))["contact"]

    assert out == {"id": api_id(him), "belongs": False, "because": ["/and/0", "/and/2"]}
    assert inside == {"id": api_id(him), "belongs": True, "because": []}


def test_a_preview_shows_ten_and_says_who_would_not_be_texted(api: APIClient, store: Store) -> None:
    ContactFactory.create_batch(11, store=store, consent="opted_out")

    found = preview(api, {"rule": "everybody", "is": "anybody"})

    assert found["count"] == 11
    assert [row["exclusion"] for row in found["people"]] == ["opted_out"] * 10


@pytest.mark.parametrize("which", ["stranger", "erased"])
def test_a_contact_that_is_none_is_refused(api: APIClient, store: Store, other_store: Store, which: str) -> None:
    erased = {"phone": None, "erased_at": timezone.now()}
    contact = ContactFactory.create(**({"store": other_store} if which == "stranger" else {"store": store, **erased}))

    answer = api.post(f"{SEGMENTS}/preview", {"rules": WOMEN, "contact": api_id(contact)})

    assert (code(answer), pointers(answer)) == ((400, "VALIDATION_ERROR"), [("#/contact", "unknown_id")])


def test_a_count_that_takes_too_long_is_given_up(api: APIClient, store: Store, settings: Any) -> None:
    settings.SEGMENT_COUNT_SECONDS = 0.2
    listed = ContactListFactory.create(store=store)
    saved = SegmentFactory.create(store=store, rules={"rule": "list", "on": listed.pk})
    said = {"rule": "list", "on": api_id(listed)}

    with closing(connection.copy()) as other, other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK audiences_listmembership IN ACCESS EXCLUSIVE MODE")  # who reads the members waits
        read = api.get(f"{SEGMENTS}/{api_id(saved)}")
        found = preview(api, said)

    assert (read.status_code, read.json()["count"]) == (200, None)
    assert (found["count"], found["people"]) == (None, [])
    assert {(row["meets"], row["leaves"]) for row in found["explained"]} == {(None, None)}


def test_a_segment_whose_list_is_gone_chooses_nobody_and_says_why(api: APIClient, store: Store) -> None:
    ContactFactory.create(store=store)
    gone = ContactListFactory.create(store=store)
    made = api.post(SEGMENTS, {"name": "A", "rules": {"not": {"rule": "list", "on": api_id(gone)}}}).json()
    api.delete(f"{V1}/lists/{api_id(gone)}")

    read = api.get(f"{SEGMENTS}/{made['id']}").json()
    quote = api.post(f"{V1}/campaigns/quote", {"message": "A", "audience": {"segment": made["id"]}}).json()

    assert (read["count"], read["rules"]) == (0, made["rules"])
    assert read["blockers"] == [{"at": "/not/on", "code": "gone", "detail": "The list is gone."}]
    assert read["says"] == "not (The list is gone.)"
    assert quote["recipients"] == 0
    assert [(each["code"], each["facts"].get("errors", [{}])[0].get("code")) for each in quote["blockers"]] == [
        ("AUDIENCE_INVALID", "gone"), ("NO_RECIPIENTS", None),
    ]  # fmt: skip


def test_a_segment_that_a_scheduled_campaign_is_for_stays(api: APIClient, store: Store) -> None:
    ContactFactory.create(store=store, gender="female")
    ours, other = SegmentFactory.create_batch(2, store=store)
    exclude = [{"segment": api_id(other)}]
    body = {"name": "Spring", "message": "Hello", "audience": {"segment": api_id(ours), "exclude": exclude}}
    campaign = api.post(f"{V1}/campaigns", body).json()["id"]
    at = (timezone.now() + timedelta(days=1)).isoformat()
    assert api.post(f"{V1}/campaigns/{campaign}/schedule", {"send_at": at}).status_code == 200

    refusals = [api.delete(f"{SEGMENTS}/{api_id(row)}") for row in (ours, other)]

    assert [code(answer) for answer in refusals] == [(409, "CONFLICT")] * 2
    assert refusals[0].json()["errors"][0]["code"] == "segment_in_use"
    assert "Spring" in refusals[0].json()["detail"]
    api.post(f"{V1}/campaigns/{campaign}/unschedule", {})
    assert api.delete(f"{SEGMENTS}/{api_id(ours)}").status_code == 204


def test_the_rules_of_a_store_are_listed_with_its_custom_fields(api: APIClient, store: Store) -> None:
    Store.objects.filter(pk=store.pk).update(custom_fields={"shoe_size": "number"})

    rules = {row["rule"]: row for row in api.get(f"{SEGMENTS}/rules").json()["results"]}

    assert {"gender", "birthday", "list", "sent", "delivered", "not_delivered", "suppressed"} <= set(rules)
    assert rules["fields.shoe_size"]["label"] == "Shoe size"
    assert {"name": "at_least", "takes": "number"} in rules["fields.shoe_size"]["operators"]


def test_a_stranger_s_list_and_campaign_are_unknown(api: APIClient, other_store: Store) -> None:
    theirs = public_id(CampaignFactory.create(store=other_store).pk, kind="cmp")
    rules = {"or": [{"rule": "list", "on": api_id(ContactListFactory.create(store=other_store))}]}
    rules["or"].append({"rule": "sent", "campaign": theirs})

    answer = api.post(SEGMENTS, {"name": "A", "rules": rules})

    assert pointers(answer) == [("#/rules/or/0/on", "unknown_id"), ("#/rules/or/1/campaign", "unknown_id")]


def test_a_reader_looks_and_changes_nothing(reader: APIClient, store: Store) -> None:
    address = f"{SEGMENTS}/{api_id(SegmentFactory.create(store=store, name='Women'))}"

    answers = [reader.post(SEGMENTS, {}), reader.patch(address, {"name": "New"}), reader.delete(address)]

    assert [code(answer) for answer in answers] == [(403, "FORBIDDEN")] * 3
    assert preview(reader, WOMEN)["count"] == 0
    assert Segment.objects.get().name == "Women"
