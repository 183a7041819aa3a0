"""A quote is exact: what it says is what counting every contact by hand gives."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiences.models import Contact, Store
from billing.models import Price
from campaigns.content import parse
from campaigns.errors import NoMessageText
from campaigns.models import CampaignRecipient, Quote
from campaigns.quotes import Draft, make_quote
from providers.gsm import count
from tests.factories import CampaignFactory, ContactFactory, ContactListFactory, StoreFactory
from tests.steps import launched

pytestmark = pytest.mark.django_db
EVERYBODY = {"kind": "all", "exclude": []}
NAMES = st.text(alphabet="Elniόσ👩\u200d💻ß€漢[ ", max_size=70)
PEOPLE = st.lists(
    st.tuples(NAMES, st.sampled_from(["GR", "DE", "US"]), st.sampled_from(["opted_in", "opted_out", "unknown"])),
    max_size=8,
)
PRICES = {"GR": 2, "": 5}


def quoted(store: Store, message: str = "Hello {{first_name|there}}", **draft: object) -> Quote:
    return make_quote(store=store, draft=Draft(message, **{"kind": "marketing", "audience": EVERYBODY, **draft}))  # type: ignore[arg-type]


def prices(**credits: int) -> None:
    Price.objects.bulk_create(
        Price(country="" if country == "other" else country, credits_per_part=number, valid_from="2020-01-01T00:00Z")
        for country, number in credits.items()
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=PEOPLE, message=st.sampled_from(["Hi {{first_name}}", "Γεια {{first_name|σου}}" + "!" * 60, "x" * 159]))
def test_it_equals_counting_each_contact(db: None, people: list[tuple[str, str, str]], message: str) -> None:
    Price.objects.all().delete()
    prices(GR=2, other=5)
    store = StoreFactory.create()
    for name, country, consent in people:
        ContactFactory.create(store=store, first_name=name, country=country, consent=consent)

    quote = quoted(store, message)

    texts = [
        (country, parse(message).render(parse(message).values({"first_name": name})))
        for name, country, consent in people
        if consent == "opted_in"
    ]
    parts = [count(text).parts for _, text in texts]
    assert (quote.recipients, quote.parts) == (len(texts), sum(parts))
    assert quote.credits == sum(
        number * PRICES.get(country, 5) for number, (country, _) in zip(parts, texts, strict=True)
    )
    assert quote.recipients + sum(quote.exclusions.values()) == len(people)
    assert sum(quote.parts_histogram.values()) == quote.recipients
    assert sum(row["credits"] for row in quote.countries) == quote.credits


def test_a_greek_capital_name_keeps_the_message_in_one_part_and_an_accent_does_not(store: Store) -> None:
    for name in ("ΩΣ", "Ωμέγα", "👍"):
        ContactFactory.create(store=store, first_name=name)

    quote = quoted(store, "x" * 71 + "{{first_name}}")

    assert quote.parts_histogram == {"1": 1, "2": 2}
    assert (quote.recipients, quote.parts, quote.credits) == (3, 5, 5)


def test_each_country_has_its_price(store: Store) -> None:
    prices(GR=2, DE=7, other=4)
    for country in ("GR", "GR", "DE", "FR"):
        ContactFactory.create(store=store, country=country)

    quote = quoted(store)

    assert quote.credits == 2 + 2 + 7 + 4
    assert quote.countries == [
        {"country": "DE", "recipients": 1, "parts": 1, "credits_per_part": 7, "credits": 7},
        {"country": "FR", "recipients": 1, "parts": 1, "credits_per_part": 4, "credits": 4},
        {"country": "GR", "recipients": 2, "parts": 2, "credits_per_part": 2, "credits": 4},
    ]


def test_custom_fields_are_rendered_whatever_they_are_called(store: Store) -> None:
    ContactFactory.create(store=store, fields={"d'oh": 1, "size": 42})
    ContactFactory.create(store=store, fields={"size": None})

    quote = quoted(store, "{{size|none}}" + "x" * 157)

    assert quote.parts_histogram == {"1": 1, "2": 1}


def test_who_lacks_a_field_is_left_out_when_told_so(store: Store) -> None:
    ContactFactory.create(store=store, first_name="Eleni")
    ContactFactory.create(store=store, first_name=" ")

    skip, blank = quoted(store, "{{first_name}}", on_missing="skip"), quoted(store, "{{first_name}}")

    assert (skip.recipients, skip.credits, skip.exclusions) == (1, 1, {"missing_field": 1})
    assert (blank.recipients, blank.exclusions) == (2, {})


def test_everybody_who_is_left_out_is_counted_under_a_reason(store: Store) -> None:
    for consent in ("opted_in", "opted_out", "opted_out", "unknown"):
        ContactFactory.create(store=store, consent=consent)

    assert quoted(store).exclusions == {"opted_out": 2, "not_opted_in": 1}
    assert quoted(store, kind="service").exclusions == {"opted_out": 2}


def test_an_excluded_list_is_nobodys_audience(store: Store) -> None:
    _, leaves = ContactFactory.create_batch(2, store=store)
    out = ContactListFactory.create(store=store, contacts=[leaves])

    quote = quoted(store, audience={"kind": "all", "exclude": [{"kind": "list", "id": out.pk}]})

    assert (quote.recipients, quote.exclusions) == (1, {})


def test_nobody_is_a_quote_of_zero(store: Store) -> None:
    quote = quoted(store)

    assert (quote.recipients, quote.parts, quote.credits, quote.countries) == (0, 0, 0, [])


@pytest.mark.parametrize("message", ["", "  \n "])
def test_an_empty_message_has_no_price(store: Store, message: str) -> None:
    with pytest.raises(NoMessageText):
        quoted(store, message)

    assert not Quote.objects.exists()


def test_another_stores_people_are_not_in_it(store: Store, other_store: Store) -> None:
    ContactFactory.create(store=store)
    ContactFactory.create_batch(2, store=other_store)

    assert quoted(store).recipients == 1


def test_the_people_of_the_quote_are_those_of_the_snapshot(store: Store) -> None:
    for name, consent in (("Eleni", "opted_in"), ("", "opted_in"), ("Nick", "opted_out"), ("Άννα", "opted_in")):
        ContactFactory.create(store=store, first_name=name, consent=consent)
    campaign = launched(store=store, people=0, message="{{first_name}}" + "y" * 70, on_missing="skip")

    sent_to = Contact.objects.filter(received__campaign=campaign).values_list("first_name", flat=True)

    assert sorted(sent_to) == ["Eleni", "Άννα"]
    assert campaign.quote
    recipients = CampaignRecipient.objects.filter(campaign=campaign)
    assert campaign.quote.parts == sum(recipients.values_list("parts", flat=True)) == 3
    assert campaign.quote.credits == sum(recipients.values_list("credits", flat=True)) == 3


def test_counting_is_in_a_fixed_number_of_statements(store: Store, django_assert_num_queries: object) -> None:
    campaign = CampaignFactory.create(store=store, people=40)

    with django_assert_num_queries(10):  # type: ignore[operator]
        make_quote(store=store, draft=Draft.of(campaign))
