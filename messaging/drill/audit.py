"""The ledgers that must agree: the simulator's file, recipients, message log, ledger entries, holds, counters."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count, Sum

from billing.drift import find_drift
from billing.models import CreditReservation, LedgerEntry
from campaigns.models import Campaign, CampaignEvent, CampaignProgress, CampaignRecipient, CampaignSnapshot, SendBatch
from campaigns.progress import STATUSES, recount
from campaigns.states import BATCH_OPEN, CAMPAIGN_LIVE, RECIPIENT_ACCEPTED, RECIPIENT_OPEN
from messaging.drill.ledger import ProviderBook
from messaging.drill.unconfirmed import Unconfirmed
from messaging.models import MessageLog, Receipt

# Longest way of a batch from the claim, where consent is looked at, to the provider: a lease, a freeze, a call.
OPT_OUT_GRACE = 30.0


class Check(NamedTuple):
    """One comparison."""

    name: str
    expected: object
    found: object
    ok: bool


class Evidence(NamedTuple):
    """What the checks look at besides the database."""

    book: ProviderBook
    unconfirmed: Unconfirmed
    echoes: bool
    kills: int
    threads: int
    opted_out: dict[int, float]


def equal(name: str, expected: object, found: object) -> Check:
    """A check that two things are the same."""
    return Check(name, expected, found, expected == found)


def sent_once(evidence: Evidence) -> list[Check]:
    """Nobody twice, nobody forgotten, nobody invented."""
    taken = evidence.book.taken
    recipients = dict(CampaignRecipient.objects.values_list("pk", "phone"))
    campaign_of = dict(CampaignRecipient.objects.values_list("pk", "campaign_id"))
    pairs = Counter((campaign_of.get(one.recipient_id), one.destination) for one in taken)
    provider = {one.recipient_id for one in taken}
    ours = set(CampaignRecipient.objects.filter(status__in=RECIPIENT_ACCEPTED).values_list("pk", flat=True))
    unconfirmed = set(CampaignRecipient.objects.filter(status="unconfirmed").values_list("pk", flat=True))
    return [
        equal("I1 recipients accepted twice by the provider", 0, len(taken) - len(provider)),
        equal("I1 numbers accepted twice in one campaign", 0, sum(times > 1 for times in pairs.values())),
        equal("I1 accepted for a number that is not the recipient's", 0,
              sum(recipients.get(one.recipient_id) != one.destination for one in taken) + evidence.book.foreign),
        equal("I2 accepted by the provider, neither billed nor unconfirmed", 0, len(provider - ours - unconfirmed)),
        equal("I3 ours, but never accepted by the provider", 0, len(ours - provider)),
        Check("I3 something was sent", "> 0", len(ours), bool(ours)),
    ]  # fmt: skip


def money(evidence: Evidence) -> list[Check]:
    """Each acceptance once in the books, no credit held, no drift."""
    accepted = CampaignRecipient.objects.filter(status__in=RECIPIENT_ACCEPTED)
    credits = accepted.aggregate(total=Sum("credits"))["total"] or 0
    entries = LedgerEntry.objects.filter(kind__in=["charge", "late"]).aggregate(total=Sum("amount"))["total"] or 0
    counters = CampaignProgress.objects.aggregate(total=Sum("credits_charged"))["total"] or 0
    wrongly = CampaignRecipient.objects.exclude(charged=0).exclude(status__in=RECIPIENT_ACCEPTED).count()
    return [
        equal("I4 credits of accepted recipients = ledger", credits, -entries),
        equal("I4 … = charged on the recipients", credits, accepted.aggregate(total=Sum("charged"))["total"] or 0),
        equal("I4 … = the campaigns' counters", credits, counters),
        equal("I4 billed although not accepted", 0, wrongly),
        equal("I5 holds that are open", 0, CreditReservation.objects.filter(state="open").count()),
        equal("I6 drifts of the books", [], [str(drift) for drift in find_drift()][:5]),
    ]


def ended(evidence: Evidence) -> list[Check]:
    """Nothing is under way, and every counter is what the rows say."""
    launched = Campaign.objects.exclude(reservation=None)
    states = SendBatch.objects.filter(state__in=BATCH_OPEN)
    wrong = [row.campaign_id for row in CampaignProgress.objects.all() if _differs(row)]
    unwritten = CampaignSnapshot.objects.exclude(campaign__status="cancelled").filter(done_at=None).count()
    cancels = Counter(CampaignEvent.objects.filter(event="cancel").values_list("campaign_id", flat=True))
    cancelled = set(Campaign.objects.filter(status="cancelled").values_list("pk", flat=True))
    return [
        equal("I7 recipients pending or unknown", 0,
              CampaignRecipient.objects.filter(status__in=RECIPIENT_OPEN).count()),
        equal("I7 campaigns still under way", 0, launched.filter(status__in=CAMPAIGN_LIVE).count()),
        equal("I7 batches still under way", 0, states.count()),
        equal("I7 audiences not written down", 0, unwritten),
        equal("I8 campaigns whose counters differ from their rows", [], wrong[:5]),
        equal("I8 recipients counted", CampaignRecipient.objects.count(),
              CampaignProgress.objects.aggregate(total=Sum("audience"))["total"] or 0),
        equal("I11 cancelled campaigns, each cancelled once", sorted(cancelled), sorted(cancels.elements())),
    ]  # fmt: skip


def _differs(progress: CampaignProgress) -> bool:
    rows = recount(progress.campaign_id)
    return any(getattr(progress, name) != rows[name] for name in (*STATUSES, "audience"))


def message_log(evidence: Evidence) -> list[Check]:
    """The log of attempts says the same as the provider: no id on the wrong recipient, nobody accepted twice."""
    lines = MessageLog.objects.filter(kind="attempt", outcome="accepted")
    logged = lines.values_list("recipient_id", "provider_message_id")
    ids: dict[int | None, str] = {one.recipient_id: one.message_id for one in evidence.book.taken}
    doubled = logged.order_by().values("recipient_id").annotate(lines=Count("pk")).filter(lines__gt=1)
    return [
        equal("I1 recipients with two accepted attempts in the log", 0, doubled.count()),
        equal("I2 provider's ids on the wrong recipient", 0, sum(ids.get(who) != number for who, number in logged)),
    ]


def receipts(evidence: Evidence) -> list[Check]:
    """No receipt contradicts what we believe, none was left lying."""
    left = Receipt.objects.filter(applied_at=None)
    unmatched = left.filter(outcome="unmatched").values_list("provider_message_id", flat=True)
    # Without our reference, a receipt whose call had no clear answer is about nobody whom we know.
    lost = {one.message_id for one in evidence.book.taken if one.recipient_id in evidence.unconfirmed.ids}
    strangers = [number for number in unmatched if evidence.echoes or number not in lost]
    return [
        equal("I10 receipts that contradict us", 0, Receipt.objects.filter(outcome="anomaly").count()),
        equal("I13 receipts nobody applied", 0, left.exclude(outcome="unmatched").count()),
        equal("I13 receipts about nobody", [], strangers[:5]),
    ]


def loss_window(evidence: Evidence) -> list[Check]:
    """Unconfirmed only where an answer was truly lost.

    Who was never accepted by the provider: at most the batches that a kill cut off between mark and settle, and the
    items that it did not take without being able to say so; those of answers that came too late are known one by one.
    Who was: those about whom no receipt came, one by one.
    """
    found = evidence.unconfirmed
    cut = len(found.cut_batches)
    known = (found.ids & {one.recipient_id for one in evidence.book.taken}) | found.beside
    never = settings.SMS_BATCH_SIZE * cut + evidence.book.unprocessed_items + evidence.book.unclear_refusals
    most_cut = evidence.kills * evidence.threads
    return [
        equal("I14 unconfirmed without a reason", [], found.unexplained[:5]),
        equal("I14 unconfirmed although a receipt came", [], found.settleable[:5]),
        Check("I14 unconfirmed", f"<= {never + len(known)}", len(found.ids), len(found.ids - known) <= never),
        Check("I14 calls cut by kills", f"<= {most_cut}", cut, cut <= most_cut),
    ]


def consent(evidence: Evidence) -> list[Check]:
    """Who opted out is texted by batches that were claimed before, and by none after."""
    contacts = dict(CampaignRecipient.objects.filter(contact_id__in=evidence.opted_out).values_list("pk", "contact_id"))
    late = [
        one.recipient_id
        for one in evidence.book.taken
        if (contact := contacts.get(one.recipient_id)) and one.at > evidence.opted_out[contact] + OPT_OUT_GRACE
    ]
    return [equal("texted long after opting out", [], late[:5])]


CHECKS: Sequence[Callable[[Evidence], list[Check]]] = (
    sent_once,
    money,
    ended,
    message_log,
    receipts,
    loss_window,
    consent,
)


def audit(evidence: Evidence) -> list[Check]:
    """All of them."""
    return [check for group in CHECKS for check in group(evidence)]
