"""The message that asks a phone's owner whether he wants the store's messages: a direct message like any other.

The requests are the queue. Each becomes `sent` in the transaction that writes its message, so two senders, or one that
is killed, send it once; what cannot be sent is refused with the reason, and the store is told on its dashboard.
"""

from collections import Counter

from django.utils import timezone

from audiences.confirm_links import address
from audiences.models import OptInRequest
from audiences.services.opt_in import refuse
from audiences.states import OPT_IN
from billing.errors import InsufficientCredits
from campaigns.errors import NoRecipients, StoreStopped
from campaigns.models import Campaign
from campaigns.services.direct import send_direct
from campaigns.states import PRIORITIES
from config.audit import SYSTEM
from config.problems import InvalidFields
from providers.gsm import count
from providers.gsm_advice import plain

NAME = "Confirmation of a sign-up"
NAME_MAX = 30  # characters of the store's name
# One part of GSM-7 with any link of ours: Greek in the capitals that GSM-7 has.
TEXTS = {
    "en": "{store}: do you want our messages? Confirm here: {link} Not you? Ignore this.",
    "el": "{store}: ΘEΛETE TA MHNYMATA MAΣ; EΠIBEBAIΩΣH: {link} ΔEN EIΣTE EΣEIΣ; AΓNOHΣTE TO.",
}


class Taken(Exception):
    """Somebody else sent it: nothing was written."""


def send_waiting(*, limit: int) -> dict[str, int]:
    """Send the oldest confirmations that wait; what came of them. Harmless when two run.

    Index: optinrequest_waiting.
    """
    rows = OptInRequest.objects.filter(state="waiting", expires_at__gt=timezone.now()).order_by("pk")
    counts = Counter(_send(request) for request in rows.select_related("store", "contact")[:limit])
    return {outcome: counts[outcome] for outcome in ("sent", "refused", "taken")}


def text_of(request: OptInRequest) -> str:
    """The message: the store's name in letters of GSM-7, the question, the link."""
    store = request.store
    text = TEXTS.get(request.language, TEXTS["en"])
    return text.format(store=_gsm(store.name) or _gsm(store.sender), link=address(request, store=store))


def _gsm(name: str) -> str:
    """The beginning of a name in GSM-7, without what would be a placeholder."""
    letters = [letter for letter in plain(name) if count(letter).encoding == "GSM-7" and letter not in "{}"]
    return "".join(letters)[:NAME_MAX].strip()


def _send(request: OptInRequest) -> str:
    def mark(campaign: Campaign) -> None:
        rows = OptInRequest.objects.filter(pk=request.pk)
        if not OPT_IN.move(rows, "send", campaign_id=campaign.pk):
            raise Taken

    try:
        send_direct(
            store=request.store,
            to=[request.contact.phone or ""],
            text=text_of(request),
            priority=PRIORITIES["urgent"],
            actor=SYSTEM,
            name=NAME,
            after=mark,
        )
    except Taken:
        return "taken"
    except (InsufficientCredits, NoRecipients, StoreStopped, InvalidFields) as problem:
        return "refused" if refuse(request_id=request.pk, reason=_why(problem)) else "taken"
    return "sent"


def _why(problem: Exception) -> str:
    if isinstance(problem, InsufficientCredits):
        return "no_credits"
    if isinstance(problem, NoRecipients):
        return str(next(iter(problem.facts["exclusions"]), "gone"))
    return "stopped" if isinstance(problem, StoreStopped) else "gone"
