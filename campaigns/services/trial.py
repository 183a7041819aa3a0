"""A test of a campaign: its message to the merchant's own numbers, before everybody gets it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from audiences.models import Store
from campaigns import history
from campaigns.content import MESSAGE_MAX
from campaigns.drafts import Draft
from campaigns.errors import NoMessageText
from campaigns.models import Campaign
from campaigns.sample import fill
from campaigns.services.find import campaign_of
from campaigns.services.numbers import Letter, Sent, read_numbers, send
from campaigns.services.shelf import NotWritten
from campaigns.states import PRIORITIES, WRITTEN_KINDS
from config.audit import Actor
from config.opaque import public_id
from config.problems import InvalidFields, Problem, invalid

HOUR = timedelta(hours=1)
REFUSED = {
    "opted_out": "Who has this number opted out.",
    "suppressed": "This number must not be texted.",
    "invalid": "This is not a phone number.",
}


class TooManyTests(Problem):
    """This store has sent as many tests as it may in an hour."""

    code = "RATE_LIMITED"
    status = 429


def send_test(
    *,
    store: Store,
    campaign_id: int,
    to: Sequence[str],
    actor: Actor,
    contact_id: int | None = None,
    values: Mapping[str, str] | None = None,
) -> Sent:
    """Send a campaign's message to some numbers; it costs what any message costs. The campaign stays as it is.

    Placeholders show what `contact_id` (of the store) would get, else `values`, else example words. Raises NotFound,
    NotWritten, NoMessageText, InvalidFields (a number that is none, opted out or suppressed), TooManyTests,
    InsufficientCredits, StoreStopped.
    """
    source = campaign_of(store_id=store.pk, campaign_id=campaign_id)
    if source.kind not in WRITTEN_KINDS:
        raise NotWritten
    if not source.message.strip():
        raise NoMessageText
    if contact_id is not None and not store.contacts.filter(pk=contact_id, erased_at=None).exists():
        raise invalid("/contact", "There is no such contact.", code="unknown_id")
    draft = Draft.of(source)  # with the opt-out text: what is tested is the whole message
    message = draft.text if contact_id else fill(draft._replace(short_links=False).content(), values or {})
    if len(message) > MESSAGE_MAX:
        raise invalid("/values", f"With these values it has more than {MESSAGE_MAX} characters.", code="max_length")
    numbers = read_numbers(to, store=store, kind="test")
    _refuse({number.phone: number.reason for number in numbers if number.reason})
    letter = _letter(source, draft, message)._replace(sample=contact_id)
    # Nobody of them is a contact here: what a contact would get is what is being tested.
    strangers = [number._replace(contact_id=None) for number in numbers]
    return send(letter, strangers, store=store, actor=actor, after=lambda test: _note(source, test, actor))


def _letter(source: Campaign, draft: Draft, message: str) -> Letter:
    # An address that ends in a placeholder stays as it is, also when the placeholder is filled here.
    shortens = source.short_links and draft._replace(message=message, kind="test").links == draft.links
    name, priority = f"Test: {source.name}"[:200], PRIORITIES["high"]
    return Letter("test", name, message, priority, plain_values=source.plain_values, short_links=shortens)


def _refuse(reasons: dict[str, str]) -> None:
    if reasons:
        errors = [
            {"pointer": "#/to", "detail": f"{phone}: {REFUSED[reason]}", "code": reason}
            for phone, reason in reasons.items()
        ]
        raise InvalidFields(errors)


def _note(source: Campaign, test: Campaign, actor: Actor) -> None:
    """The line in the source's history; and the limit, once the hold lets one test of a store in at a time."""
    since = timezone.now() - HOUR
    lately = Campaign.objects.filter(store_id=source.store_id, kind="test", created_at__gt=since)
    if lately.count() > settings.TEST_SENDS_PER_HOUR:
        oldest = lately.order_by("created_at").values_list("created_at", flat=True)[0]
        raise TooManyTests(retry_after=max(1, int((oldest - since).total_seconds()) + 1))
    facts = {"test": public_id(test.pk, kind="cmp"), "recipients": test.audience["count"]}
    history.append(source, "test", before=source.status, after=source.status, actor=actor, **facts)
