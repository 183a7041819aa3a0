"""What a text does to its store: consent, suppression, what is owed as an answer. Inside the caller's transaction."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from django.utils import timezone

from audiences.models import ConsentEvent, Contact, Store, Suppression
from audiences.numbers import only_own_words
from audiences.services import opt_in
from audiences.services.consent import UNDER_REVIEW, change_consent, suppress, unsuppress
from audiences.services.contacts import upsert_contact
from config.audit import Actor
from config.opaque import public_id
from config.problems import InvalidFields
from messaging.inbound.answers import owe
from messaging.inbound.keywords import Meaning
from messaging.inbound.settings import settings_of
from messaging.inbound.whose import contact_of
from messaging.models import InboundMessage
from messaging.states import REVIEW

ACTOR = Actor("inbound")  # the person who texted, as far as anybody can know
SOURCE = "stop"
LATELY = timedelta(days=30)


class Case(NamedTuple):
    """A text on the table of one store. `phone` is E.164; `answers`: whether this store may answer it."""

    message: InboundMessage
    store_id: int
    phone: str
    phone_hash: bytes
    contact: Contact | None
    answers: bool = True

    @property
    def evidence(self) -> dict[str, str]:
        """What a consent event keeps: which text, to which number. Neither the phone nor the words."""
        return {"inbound": public_id(self.message.pk, kind="inb"), "to": self.message.to}


def case_of(message: InboundMessage, store_id: int, *, answers: bool = True) -> Case | None:
    """The text on the table of a store; None when its sender is no phone, which neither opts out nor gets answers."""
    if message.phone is None or message.phone_hash is None:
        return None
    contact = contact_of(store_id=store_id, phone=message.phone)
    return Case(message, store_id, message.phone, bytes(message.phone_hash), contact, answers)


def act(case: Case, meaning: Meaning) -> str:
    """Do what the text asks for; what came of it, in a word. Repeating it changes nothing."""
    return ACTS[meaning](case)


def opt_out(case: Case) -> str:
    """The contact opts out; who is no contact is suppressed. A confirmation is owed once, when that is news."""
    if case.contact:
        news = change_consent(
            store_id=case.store_id,
            contact_id=case.contact.pk,
            consent="opted_out",
            source=SOURCE,
            evidence=case.evidence,
            actor=ACTOR,
        )
    else:
        news = suppress(store_id=case.store_id, phone=case.phone, reason="opt_out", source=SOURCE, actor=ACTOR)
    unsuppress(store_id=case.store_id, phone=case.phone, why=UNDER_REVIEW, actor=ACTOR, reason="opted out")
    settle_reviews(case, "confirm")
    if news and case.answers and settings_of(case.store_id).confirm_stop:
        owe(case.message, store_id=case.store_id, phone_hash=case.phone_hash, kind="stop", opt_out=_event(case))
    return "opted_out" if news else "was_out"


def _event(case: Case) -> str:
    """Which opt-out it is: the newest event of the contact's consent, or the text itself for who is no contact."""
    if case.contact is None:
        return f"inbound:{case.message.pk}"
    return f"consent:{ConsentEvent.objects.filter(contact=case.contact).latest('pk').pk}"


def hush(case: Case) -> str:
    """Suppress until somebody decides. Who is out already needs no decision."""
    if is_out(case):
        return "was_out"
    suppress(store_id=case.store_id, phone=case.phone, reason=UNDER_REVIEW, source="inbound", actor=ACTOR)
    return "suppressed"


def is_out(case: Case) -> bool:
    """Whether the person opted out of the store."""
    out = Suppression.objects.filter(store_id=case.store_id, phone_hash=case.phone_hash, reason="opt_out")
    return (case.contact is not None and case.contact.consent == "opted_out") or out.exists()


def help_out(case: Case) -> str:
    """An answer is owed, unless the phone must not be texted."""
    if not case.answers:
        return "shown"
    owed = owe(case.message, store_id=case.store_id, phone_hash=case.phone_hash, kind="help")
    return "answered" if owed else "shown"


def start(case: Case) -> str:
    """Back in: who took himself out, and whom nobody else shut out. To others it means what JOIN means."""
    if not only_own_words(case.phone, store_id=case.store_id):
        return "refused"
    if not is_out(case) and not _under_review(case):
        return join(case)
    if case.contact:
        _opt_in(case, case.contact)
    else:
        unsuppress(store_id=case.store_id, phone=case.phone, why="opt_out", actor=ACTOR, reason="START")
        unsuppress(store_id=case.store_id, phone=case.phone, why=UNDER_REVIEW, actor=ACTOR, reason="START")
    settle_reviews(case, "lift")
    _owe(case, "start")
    return "opted_in"


def join(case: Case) -> str:
    """In, by a text of one's own: where the store takes that. A stranger becomes a contact."""
    if case.contact and case.contact.consent == "opted_in":
        return "was_in"
    if not settings_of(case.store_id).join:
        return "shown"
    if not only_own_words(case.phone, store_id=case.store_id):
        return "refused"
    try:
        contact = case.contact or _new_contact(case)
    except InvalidFields:  # a number that nobody can text: not one to keep as a contact
        return "refused"
    _opt_in(case, contact)
    settle_reviews(case, "lift")
    _owe(case, "join")
    return "opted_in"


def _new_contact(case: Case) -> Contact:
    store = Store.objects.get(pk=case.store_id)
    return upsert_contact(store=store, phone=case.phone, values={}, actor=ACTOR).contact


def _opt_in(case: Case, contact: Contact) -> None:
    """Opting in lifts what the person said before (audiences.services.consent)."""
    change_consent(
        store_id=case.store_id,
        contact_id=contact.pk,
        consent="opted_in",
        source="sms",
        evidence=case.evidence,
        actor=ACTOR,
    )


def _owe(case: Case, kind: str) -> None:
    if case.answers:
        owe(case.message, store_id=case.store_id, phone_hash=case.phone_hash, kind=kind)


def _under_review(case: Case) -> bool:
    return Suppression.objects.filter(store_id=case.store_id, phone_hash=case.phone_hash, reason=UNDER_REVIEW).exists()


def settle_reviews(case: Case, event: str) -> None:
    """The person said it clearly: what was open of the phone is decided (`confirm`, `lift`). Index: inbound_phone."""
    since = timezone.now() - LATELY
    rows = InboundMessage.objects.filter(store_id=case.store_id, phone_hash=case.phone_hash, received_at__gt=since)
    REVIEW.move(rows, event, reviewed_at=timezone.now(), reviewed_by=ACTOR.name)


def agree(case: Case) -> str:
    """The second step of a double opt-in that was asked for; otherwise nobody here knows what the question was."""
    request = opt_in.pending(store_id=case.store_id, phone=case.phone)
    if request is None or request.state != "sent":
        return show(case)
    outcome = opt_in.confirm(request_id=request.pk, store_id=case.store_id, evidence=case.evidence)
    if outcome != "confirmed":
        return show(case)
    _owe(case, "join")
    return "opted_in"


def show(case: Case) -> str:
    """It is stored, and shown to the store."""
    return "shown"


ACTS: dict[Meaning, Callable[[Case], str]] = {
    "stop": opt_out,
    "likely_stop": hush,
    "help": help_out,
    "start": start,
    "join": join,
    "yes": agree,
    "ordinary": show,
}
