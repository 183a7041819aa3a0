"""Rows of one phone become one person: later values win where they say something, a no wins for ever."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences.models import ConsentEvent, Contact, ContactImport, Store
from tests.audiences.importing import counts, everything, imported
from tests.factories import ContactFactory, StoreFactory

pytestmark = pytest.mark.usefixtures("local_dir")
A, B = "+306941111111", "+306942222222"
HEADING = "phone,name,last name,email,birthday,gender,language,consent,size,note\n"


@pytest.fixture
def shop(db: None) -> Store:
    return StoreFactory.create(custom_fields={"size": "number", "note": "text"})


def test_the_last_word_on_each_field_counts(shop: Store) -> None:
    job = imported(
        shop,
        HEADING
        + f"{A},Ada,Byron,,1990-12-10,f,,,41,old\n"
        + "694 111 1111,,Lovelace,a@example.org,,,en,,,new\n"
        + f"{A},Augusta,,,,,,,42,\n",
    )

    person = Contact.objects.get()
    assert counts(job) == {"rows": 3, "created": 1, "duplicates": 2}
    assert (person.first_name, person.last_name, person.email) == ("Augusta", "Lovelace", "a@example.org")
    assert (str(person.birthday), person.gender, person.language) == ("1990-12-10", "female", "en")
    assert person.fields == {"size": 42, "note": "new"}


@pytest.mark.parametrize("cells", [("no", "yes"), ("yes", "no"), ("no", ""), ("no", "no")])
def test_one_no_is_a_no(shop: Store, cells: tuple[str, str]) -> None:
    first, second = cells
    imported(shop, f"phone,consent\n{A},{first}\n{A},{second}\n", consent="opted_in", consent_source="till")

    assert Contact.objects.get().consent == "opted_out"


def test_the_evidence_of_a_no_is_the_row_that_says_it(shop: Store) -> None:
    imported(shop, f"phone,consent\n{A},\n{A},no\n{A},yes\n{B},\n{B},\n", consent="opted_in", consent_source="till")

    rows = ConsentEvent.objects.order_by("contact__phone").values_list("contact__phone", "after", "evidence__row")
    assert list(rows) == [(A, "opted_out", 2), (B, "opted_in", 5)]


def test_the_same_file_again_changes_nothing(shop: Store) -> None:
    content = f"phone,name\n{A},first\n{B},b\n{A},second\n12,bad\n{A},third\n"
    imported(shop, content)
    before = list(Contact.objects.order_by("pk").values())

    again = imported(shop, content)

    assert list(Contact.objects.order_by("pk").values()) == before
    assert counts(again) == {"rows": 5, "unchanged": 2, "duplicates": 2, "refused": 1}


def test_twins_of_somebody_known_change_them_once(shop: Store) -> None:
    known = ContactFactory.create(store=shop, phone=A, first_name="Old", last_name="Kept")

    job = imported(shop, f"phone,name\n{A},New\n{A},\n")

    person = Contact.objects.get()
    assert counts(job) == {"rows": 2, "updated": 1, "duplicates": 1}
    assert (person.pk, person.first_name, person.last_name) == (known.pk, "New", "Kept")


def test_a_file_of_twins_alone_is_one_person(shop: Store, settings: Any) -> None:
    settings.IMPORT_CHUNK = 7
    job = imported(shop, "phone,name\n" + "".join(f"{A},n{number}\n" for number in range(40)))

    assert counts(job) == {"rows": 40, "created": 1, "duplicates": 39}
    assert Contact.objects.get().first_name == "n39"


ROW = st.tuples(
    st.sampled_from([A, B, "+306943333333", "6941111111", "12", ""]),
    st.sampled_from(["", "Ada", "Bob"]),
    st.sampled_from(["", "yes", "no"]),
    st.sampled_from(["", "1", "2", "x"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=12), chunk=st.integers(1, 5))
def test_it_is_as_if_the_rows_came_one_by_one(
    db: None, local_dir: Any, settings: Any, rows: list[tuple[str, ...]], chunk: int
) -> None:
    settings.IMPORT_CHUNK = chunk
    heading = "phone,name,consent,size\n"
    whole, single = (StoreFactory.create(custom_fields={"size": "number"}) for _ in range(2))
    stated = {"consent": "opted_in", "consent_source": "till"}

    imported(whole, heading + "".join(",".join(row) + "\n" for row in rows) + "1,,,\n", **stated)
    for row in rows:
        if any(row):
            imported(single, heading + ",".join(row) + "\n", **stated)

    assert everything(whole)["people"] == everything(single)["people"]
    assert ContactImport.objects.filter(store=whole, status="done").count() == 1
