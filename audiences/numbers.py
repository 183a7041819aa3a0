"""Phone numbers that are texted without being on anybody's list: whose they are, and whether they may be."""

from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import Q

from audiences.audience import NEEDS_OPT_IN, judged
from audiences.models import Contact, Suppression
from audiences.models.contacts import NO_MARKETING
from audiences.phones import Phone, phone_hash
from audiences.services.consent import OWN_WORDS


class Number(NamedTuple):
    """A number in E.164, its country, the store's contact who has it, and why it must not be texted (None: it may)."""

    phone: str
    country: str
    contact_id: int | None
    reason: str | None


def look_up(phones: Sequence[Phone], *, store_id: int, kind: str) -> list[Number]:
    """Each number by the rule of an audience of that kind, in the order given.

    Indexes: contact_phone_once, suppression_once.
    """
    written = [phone.e164 for phone in phones]
    contacts = judged(Contact.objects.filter(store_id=store_id, phone__in=written), store_id=store_id, kind=kind)
    known = {phone: (pk, reason) for pk, phone, reason in contacts.values_list("pk", "phone", "exclusion")}
    unknown = [phone for phone in written if phone not in known]
    others = refused(unknown, store_id=store_id, kind=kind)
    return [Number(one.e164, one.country, *known.get(one.e164, (None, others.get(one.e164)))) for one in phones]


def only_own_words(phone: str, *, store_id: int) -> bool:
    """Whether nothing stands against texting a phone (E.164) but what its owner told this store, or nothing at all.

    No complaint, erasure or block by staff or provider, nothing that holds for every store. Index: suppression_once.
    """
    rows = Suppression.objects.filter(Q(store_id=store_id) | Q(store_id=None), phone_hash=phone_hash(phone))
    return not rows.exclude(store_id=store_id, reason__in=OWN_WORDS).exists()


def refused(phones: Sequence[str], *, store_id: int, kind: str) -> dict[str, str]:
    """Those of the numbers that must not be texted, whoever has them now: `suppressed` or `opted_out`."""
    if not phones:
        return {}
    hashes = {phone_hash(phone): phone for phone in phones}
    rows = Suppression.objects.filter(Q(store_id=store_id) | Q(store_id=None), phone_hash__in=list(hashes))
    if not NEEDS_OPT_IN[kind]:
        rows = rows.exclude(reason=NO_MARKETING)
    found = {hashes[bytes(hashed)]: "suppressed" for hashed in rows.values_list("phone_hash", flat=True)}
    out = Contact.objects.filter(store_id=store_id, phone__in=list(phones), consent="opted_out")
    return found | {phone: "opted_out" for phone in out.values_list("phone", flat=True) if phone}
