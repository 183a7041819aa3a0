"""How people come onto a store's list by themselves: its page, what waits for a confirmation, and who looked."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audiences.models.contacts import Contact
from audiences.models.stores import Store
from audiences.states import OPT_IN, OPT_IN_OPEN

WORDING_MAX = 500


class JoinPage(models.Model):
    """A store's page for signing up. A store without a row has one that is shut."""

    store = models.OneToOneField(Store, primary_key=True, on_delete=models.CASCADE, related_name="join_page")
    is_open = models.BooleanField(default=False)
    double_opt_in = models.BooleanField(default=True, help_text="who signs up confirms by a link in a message")
    wording = models.CharField(
        max_length=WORDING_MAX, blank=True, help_text="what people agree to; empty: our own text"
    )
    privacy_url = models.URLField(blank=True, help_text="the store's privacy notice")
    asks_email = models.BooleanField(default=True)
    asks_birthday = models.BooleanField(default=True)
    updated_at = models.DateTimeField(default=timezone.now)


class OptInRequest(models.Model):
    """Somebody asked to be texted, and the phone's owner has to confirm it. The rows are the queue of confirmations.

    `values` (what the form said of the person) is emptied as soon as it was taken over, or never will be.
    """

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="opt_in_requests", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="opt_in_requests")
    made_contact = models.BooleanField(default=False, help_text="the contact did not exist before")
    phone_hash = models.BinaryField(max_length=16, help_text="keyed hash: how often a phone was asked, by any store")
    state = models.CharField(max_length=10, default="waiting")
    reason = models.CharField(max_length=20, blank=True, help_text="why no message was sent")
    source = models.CharField(max_length=40)
    language = models.CharField(max_length=10)
    values = models.JSONField(default=dict)
    evidence = models.JSONField(default=dict)
    campaign_id = models.BigIntegerField(null=True, help_text="of the message")
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [OPT_IN.check("optinrequest_state")]
        indexes = [
            models.Index(fields=["phone_hash", "created_at"], name="optinrequest_phone"),
            models.Index(fields=["store", "created_at"], name="optinrequest_store"),
            models.Index(fields=["id"], name="optinrequest_waiting", condition=Q(state="waiting")),
            models.Index(fields=["expires_at"], name="optinrequest_open", condition=Q(state__in=OPT_IN_OPEN)),
        ]


class PageVisits(models.Model):
    """How often a public page of a store was opened on a day (UTC): raw, whoever or whatever opened it."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, db_index=False)
    day = models.DateField()
    page = models.CharField(max_length=10, help_text="join, confirm, opt_out")
    visits = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "page visits"
        constraints = [models.UniqueConstraint(fields=["store", "day", "page"], name="pagevisits_once")]
