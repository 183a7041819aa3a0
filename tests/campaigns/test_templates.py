"""The library of texts and the starters that come with it."""

from typing import Any

import pytest

from audiences.models import Store
from campaigns.content import CONTACT_FIELDS, parse, validate
from campaigns.errors import NoMessageText
from campaigns.models import StoreTemplate
from campaigns.models.template import CATEGORIES
from campaigns.sample import fill
from campaigns.serializers_templates import measure
from campaigns.services import templates
from campaigns.services.templates import TemplateNameTaken, TooManyTemplates
from campaigns.starters import BY_KEY, LANGUAGES, STARTERS, TRADES, Starter, choose
from config.audit import SYSTEM, Actor
from config.models import AuditEvent
from config.problems import InvalidFields, NotFound
from providers.gsm import count

pytestmark = pytest.mark.django_db
FIELDS: dict[str, Any] = {"name": "Sale", "text": "Hi {{first_name|there}}", "language": "en", "category": "promotion"}
LONGEST_NAME = "Alexandros-Ioannis"


def made(store: Store, **changes: Any) -> StoreTemplate:
    return templates.create(store=store, fields=FIELDS | changes, actor=SYSTEM)


def test_a_template_is_written_down(store: Store, actor: Actor) -> None:
    row = templates.create(store=store, fields={**FIELDS, "text": "One\r\ntwo", "starter": "x"}, actor=actor)

    assert (row.text, row.starter, row.created_by) == ("One\ntwo", "", "user:7")
    assert AuditEvent.objects.get().action == "template.create"


@pytest.mark.parametrize(
    ("text", "code"),
    [("Hi {{size}}", "unknown_placeholder"), ("Hi {{", "bad_placeholder"), ("x" * 1601, "max_length")],
)
def test_a_text_is_checked_like_a_message(store: Store, text: str, code: str) -> None:
    with pytest.raises(InvalidFields) as caught:
        made(store, text=text)

    [error] = caught.value.facts["errors"]
    assert (error["pointer"], error["code"]) == ("#/text", code)
    assert not StoreTemplate.objects.exists()


def test_an_empty_text_is_none(store: Store) -> None:
    with pytest.raises(NoMessageText):
        made(store, text=" \n")


def test_a_custom_field_of_the_store_may_be_named(store: Store) -> None:
    store.custom_fields = {"size": "text"}

    assert made(store, text="Your {{size}} is back").pk


def test_a_name_is_one_templates_alone(store: Store, other_store: Store) -> None:
    row, other = made(store), made(store, name="Other")

    with pytest.raises(TemplateNameTaken):
        made(store)
    with pytest.raises(TemplateNameTaken):
        templates.edit(store=store, template_id=other.pk, fields={"name": "Sale"}, actor=SYSTEM)
    assert made(other_store).name == row.name


def test_a_library_has_an_end(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "TEMPLATES_MAX", 1)
    made(store)

    with pytest.raises(TooManyTemplates):
        made(store, name="Other")


def test_an_edit_leaves_the_rest(store: Store) -> None:
    row = made(store)

    after = templates.edit(store=store, template_id=row.pk, fields={"text": "Bye"}, actor=SYSTEM)

    assert (after.text, after.name, after.category) == ("Bye", "Sale", "promotion")
    assert after.updated_at > row.updated_at
    assert AuditEvent.objects.get(action="template.edit").facts == {"fields": ["text"]}


def test_copies_get_the_next_free_name(store: Store) -> None:
    row = made(store)

    names = [templates.duplicate(store=store, template_id=row.pk, actor=SYSTEM).name for _ in range(2)]

    assert names == ["Sale (2)", "Sale (3)"]
    assert templates.duplicate(store=store, template_id=row.pk, actor=SYSTEM, name="Mine").text == row.text


def test_a_deleted_template_is_gone(store: Store) -> None:
    row = made(store)

    templates.delete(store_id=store.pk, template_id=row.pk, actor=SYSTEM)

    with pytest.raises(NotFound):
        templates.delete(store_id=store.pk, template_id=row.pk, actor=SYSTEM)


def test_another_stores_template_does_not_exist(store: Store, other_store: Store) -> None:
    row = made(store)

    with pytest.raises(NotFound):
        templates.edit(store=other_store, template_id=row.pk, fields={"name": "x"}, actor=SYSTEM)
    with pytest.raises(NotFound):
        templates.duplicate(store=other_store, template_id=row.pk, actor=SYSTEM)
    with pytest.raises(NotFound):
        templates.delete(store_id=other_store.pk, template_id=row.pk, actor=SYSTEM)


# starters -------------------------------------------------------------------------------------------------------------


def test_every_trade_has_the_same_starters_in_every_language() -> None:
    subjects = {
        language: {one.key.removesuffix(f".{language}") for one in choose(language=language)} for language in LANGUAGES
    }

    assert LANGUAGES == ("en", "el")
    assert subjects["en"] == subjects["el"]
    assert {one.trade for one in STARTERS} == set(TRADES)
    assert len(BY_KEY) == len(STARTERS) >= 60


@pytest.mark.parametrize("starter", STARTERS, ids=lambda one: one.key)
def test_a_starter_can_be_sent_to_anybody(starter: Starter) -> None:
    content = parse(starter.text)

    validate(starter.text, custom_fields=())
    assert set(content.fields) <= set(CONTACT_FIELDS)
    assert all(slot.default for slot in content.slots)
    assert starter.category in CATEGORIES
    for text in [content.render(content.values({})), content.render(content.values({"first_name": LONGEST_NAME}))]:
        assert "  " not in text
        assert text == text.strip()


@pytest.mark.parametrize("starter", choose(language="en"), ids=lambda one: one.key)
def test_an_english_starter_is_one_part_with_any_name_and_an_opt_out_text(starter: Starter) -> None:
    size = count(fill(parse(starter.text), {"first_name": LONGEST_NAME}))

    assert (size.encoding, size.parts) == ("GSM-7", 1)
    assert size.units <= 135


@pytest.mark.parametrize("starter", choose(language="el"), ids=lambda one: one.key)
def test_a_greek_starter_says_what_it_takes(starter: Starter) -> None:
    assert measure(starter.text).encoding == "UCS-2"
    assert measure(starter.text).parts <= 2


def test_a_starter_becomes_the_stores_own(store: Store) -> None:
    starter = BY_KEY["retail.sale.en"]

    rows = [templates.copy_starter(store=store, starter=starter, actor=SYSTEM) for _ in range(2)]

    assert [row.name for row in rows] == ["Weekend sale", "Weekend sale (2)"]
    assert {(row.text, row.starter, row.language) for row in rows} == {(starter.text, "retail.sale.en", "en")}
