"""A store's credits: the account, the append-only ledger, and the holds."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from audiences.models import Store
from billing.states import RESERVATION

KINDS = ("grant", "purchase", "charge", "late", "refund", "adjustment", "allowance", "reversal")


class CreditAccount(models.Model):
    """`available = balance - held + allowance - allowance_held`. Changed by `billing.services` alone.

    `held` and `allowance_held` are the two parts of what open reservations still hold. Only late evidence of an
    acceptance may raise `overdraft`; it shrinks as credits come in. While available < 0 nothing new may be held.
    """

    store = models.OneToOneField(Store, on_delete=models.PROTECT, related_name="account")
    balance = models.BigIntegerField(default=0, help_text="credits: the sum of the ledger")
    held = models.BigIntegerField(default=0, help_text="credits in open reservations, without allowance_held")
    overdraft = models.BigIntegerField(default=0, help_text="credits that late evidence may have taken below zero")
    allowance = models.BigIntegerField(default=0, help_text="free credits left in this period of the plan")
    allowance_held = models.BigIntegerField(default=0, help_text="the allowance's part of open reservations")
    stripe_customer = models.CharField(max_length=80, null=True)  # noqa: DJ001 - who never paid has none
    hold_since = models.DateTimeField(null=True, help_text="since when staff lets it begin nothing: the billing hold")
    hold_reason = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="shown to the store"
    )
    refund_on = ArrayField(
        models.CharField(max_length=20),
        default=list,
        db_default=[],
        help_text="failures for which credits come back a day later",
    )
    low_since = models.DateTimeField(null=True, help_text="since when available is below the store's credits_low_at")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            # not `unique=True`, which makes a second index for prefixes that nobody looks for
            models.UniqueConstraint(fields=["stripe_customer"], name="account_stripe_customer_once"),
            models.CheckConstraint(condition=Q(balance__gte=F("held") - F("overdraft")), name="account_not_below"),
            models.CheckConstraint(condition=Q(held__gte=0, overdraft__gte=0), name="account_signs"),
            models.CheckConstraint(
                condition=Q(allowance_held__gte=0, allowance__gte=F("allowance_held")), name="account_allowance"
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="account_low", condition=Q(low_since__isnull=False)),
            models.Index(fields=["store"], name="account_refunds", condition=~Q(refund_on=[])),
        ]

    @property
    def available(self) -> int:
        """Credits that a new hold may take, the allowance included."""
        return self.balance - self.held + self.allowance - self.allowance_held


class CreditReservation(models.Model):
    """A hold: what one run of a campaign may cost at most. Drawn down per batch, the rest released once.

    Read it as a line of `amount` credits, the allowance's on the left: charges eat from the left, releases from the
    right. So what is left of either part follows from the four numbers, in whatever order things happened.
    """

    account = models.ForeignKey(CreditAccount, on_delete=models.PROTECT, related_name="reservations", db_index=False)
    key = models.CharField(max_length=100, unique=True, help_text="campaign:<id>:<run>")
    label = models.CharField(max_length=200, help_text="for people")
    amount = models.BigIntegerField(help_text="credits held at the start")
    charged = models.BigIntegerField(default=0)
    released = models.BigIntegerField(default=0)
    allowance = models.BigIntegerField(default=0, help_text="the part of `amount` that the plan's allowance covers")
    state = models.CharField(max_length=10, default="open")
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            RESERVATION.check("reservation_state"),
            models.CheckConstraint(condition=Q(amount__gte=F("charged") + F("released")), name="reservation_not_over"),
            models.CheckConstraint(
                condition=Q(charged__gte=0, released__gte=0, amount__gte=0), name="reservation_signs"
            ),
            models.CheckConstraint(
                condition=Q(allowance__gte=0, allowance__lte=F("amount")), name="reservation_allowance"
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True)
                | Q(state="closed", closed_at__isnull=False, amount=F("charged") + F("released")),
                name="reservation_closed_is_empty",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="reservation_account"),
            models.Index(fields=["created_at"], name="reservation_open", condition=Q(state="open")),
            # what launches of a day or a month took, for the spend caps
            models.Index(fields=["account", "created_at"], name="reservation_made"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def remaining(self) -> int:
        """Credits still held."""
        return self.amount - self.charged - self.released


class LedgerEntry(models.Model):
    """One change of a balance. Append-only (a trigger refuses UPDATE and DELETE); the key makes it happen once.

    Within an account ids follow the order of the changes: an entry takes its id while it holds the account's lock.
    """

    account = models.ForeignKey(CreditAccount, on_delete=models.PROTECT, related_name="entries", db_index=False)
    kind = models.CharField(max_length=12)
    amount = models.BigIntegerField(help_text="credits, signed: what was added to the balance")
    allowance = models.BigIntegerField(default=0, help_text="credits, signed: what was added to the allowance")
    balance_after = models.BigIntegerField()
    key = models.CharField(max_length=120, unique=True, help_text="batch:<id>:<attempt>, late:<recipient>, …")
    reservation = models.ForeignKey(
        CreditReservation, null=True, on_delete=models.PROTECT, related_name="entries", db_constraint=False
    )
    refers_to = models.ForeignKey("self", null=True, on_delete=models.PROTECT, db_index=False, db_constraint=False)
    label = models.CharField(max_length=200)
    actor = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)

    repeated = False  # no column: true on what a service returns when the key had been used and nothing changed

    class Meta:
        verbose_name_plural = "ledger entries"
        constraints = [models.CheckConstraint(condition=Q(kind__in=KINDS), name="ledger_kind")]
        indexes = [
            models.Index(fields=["account", "-id"], name="ledger_account"),
            models.Index(fields=["account", "created_at"], name="ledger_month"),
            models.Index(fields=["refers_to"], name="ledger_refunds", condition=Q(refers_to__isnull=False)),
        ]
