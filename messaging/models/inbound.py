"""Texts from people: the inbox, the numbers that they are sent to, and what we owe them as an answer."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from audiences.models import Contact, Store
from messaging.models.accounts import ProviderAccount
from messaging.states import ANSWER, REVIEW

MEANINGS = ("", "stop", "likely_stop", "help", "start", "join", "yes", "ordinary", "unreadable")
TEXT_MAX = 2000  # characters that are kept of a text


class InboundNumber(models.Model):
    """A number of ours that people text, as the provider calls it. Set by staff: a store cannot claim one.

    Of one store, or shared (no store). On a shared one `word` rows say which store a word names: `STOP PIZZA`.
    """

    account = models.ForeignKey(ProviderAccount, on_delete=models.PROTECT, related_name="numbers", db_index=False)
    number = models.CharField(max_length=40, help_text="digits, or a short code; without +")
    word = models.CharField(max_length=30, blank=True, default="", help_text="empty: the number itself")
    store = models.ForeignKey(Store, null=True, on_delete=models.PROTECT, related_name="+", help_text="empty: shared")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "number", "word"], name="inboundnumber_once"),
            models.CheckConstraint(condition=Q(word="") | Q(store__isnull=False), name="inboundnumber_word_names_one"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.word}".strip()


class InboundSettings(models.Model):
    """How a store answers. A store without a row has the defaults."""

    store = models.OneToOneField(Store, on_delete=models.CASCADE, related_name="inbound_settings", primary_key=True)
    confirm_stop = models.BooleanField(default=True, help_text="tell who opts out by a text that it worked, once")
    help_text = models.CharField(max_length=300, blank=True, default="", help_text="the answer to HELP")
    join = models.BooleanField(default=False, help_text="a text with JOIN opts its sender in")
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "inbound settings"


class InboundMessage(models.Model):
    """A text as it arrived. Stored first, applied later, never dropped; erasure clears `phone` and `text`.

    `phone` is E.164 and hashed, or what the provider called the sender (a short code, a name), which nobody answers.
    `meaning` is what was read in it, `outcome` what was done about it, `review` what a person decided.
    """

    account_id = models.BigIntegerField()
    dedupe = models.CharField(max_length=150)
    provider_message_id = models.CharField(max_length=80, null=True)  # noqa: DJ001 - unknown is not empty
    store = models.ForeignKey(Store, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, null=True, on_delete=models.SET_NULL, related_name="inbound")
    phone = models.CharField(max_length=40, null=True)  # noqa: DJ001 - empty after erasure
    phone_hash = models.BinaryField(max_length=16, null=True)
    to = models.CharField(max_length=40, blank=True)
    text = models.CharField(max_length=TEXT_MAX, blank=True)
    said_at = models.DateTimeField(null=True, help_text="by the provider's clock: shown, never decided by")
    received_at = models.DateTimeField(db_default=Now())
    next_try_at = models.DateTimeField(db_default=Now())
    tries = models.PositiveSmallIntegerField(default=0)
    applied_at = models.DateTimeField(null=True)
    meaning = models.CharField(max_length=12, blank=True, default="")
    language = models.CharField(max_length=2, blank=True, default="", help_text="of the words that acted")
    outcome = models.CharField(max_length=20, blank=True, default="", help_text="opted_out, shown, unassigned …")
    review = models.CharField(max_length=10, default="none")
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.CharField(max_length=200, blank=True, default="")
    published_at = models.DateTimeField(null=True, help_text="when it was handed to webhooks")
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id", "dedupe"], name="inbound_once"),
            models.CheckConstraint(condition=Q(meaning__in=MEANINGS), name="inbound_meaning"),
            REVIEW.check("inbound_review"),
        ]
        indexes = [
            models.Index(fields=["next_try_at"], name="inbound_waiting", condition=Q(applied_at__isnull=True)),
            models.Index(fields=["phone_hash", "id"], name="inbound_phone"),
            models.Index(fields=["store", "-id"], name="inbound_store"),
            models.Index(fields=["store", "-id"], name="inbound_review_open", condition=Q(review="open")),
            models.Index(
                fields=["id"],
                name="inbound_outbox",
                condition=Q(published_at__isnull=True, applied_at__isnull=False, store__isnull=False),
            ),
            models.Index(fields=["received_at"], name="inbound_kept", condition=Q(erased_at__isnull=True)),
            models.Index(fields=["received_at"], name="inbound_unreadable", condition=Q(meaning="unreadable")),
        ]


class InboundAnswer(models.Model):
    """An answer that is owed to a text: one per text at most, and one confirmation per opt-out.

    Owed in the transaction that acted on the text; `campaign_id` is the direct message that it became.
    """

    message = models.OneToOneField(InboundMessage, on_delete=models.CASCADE, related_name="answer")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+", db_index=False)
    phone_hash = models.BinaryField(max_length=16)
    kind = models.CharField(max_length=5, help_text="stop, start, join or help")
    opt_out = models.CharField(max_length=40, null=True, help_text="which opt-out it confirms")  # noqa: DJ001
    state = models.CharField(max_length=10, default="owed")
    reason = models.CharField(max_length=30, blank=True, default="", help_text="why it was given up")
    campaign_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            ANSWER.check("inboundanswer_state"),
            models.UniqueConstraint(fields=["opt_out"], name="inboundanswer_once_per_opt_out"),
        ]
        indexes = [
            models.Index(fields=["phone_hash", "created_at"], name="inboundanswer_phone"),
            models.Index(fields=["id"], name="inboundanswer_owed", condition=Q(state="owed")),
        ]
