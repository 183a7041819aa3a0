"""Contacts, what they consented to, the lists they are on, and the phones that must not be texted."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast, ExtractDay, ExtractMonth
from django.utils import timezone

from audiences.models.stores import Store

CONSENTS = ("unknown", "opted_in", "opted_out")
# A reason to suppress marketing alone: service messages still come.
NO_MARKETING = "no_marketing"
GENDERS = ("", "female", "male", "other")
# The day of a birthday in whatever year: 1225 is 25 December. Whole numbers: PostgreSQL writes equal ones down once.
BORN = Cast(ExtractMonth("birthday") * 100 + ExtractDay("birthday"), models.SmallIntegerField())


class Contact(models.Model):
    """A person of a store. After erasure the row stays, without phone and names, so traces and books stay sound."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="contacts", db_index=False)
    phone = models.CharField(max_length=16, null=True, help_text="E.164; empty after erasure")  # noqa: DJ001
    phone_hash = models.BinaryField(max_length=16, null=True, help_text="keyed hash, to meet the suppression list")
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166 code of the number")
    first_name = models.CharField(max_length=120, blank=True)
    last_name = models.CharField(max_length=120, blank=True)
    email = models.EmailField(max_length=320, blank=True)
    birthday = models.DateField(null=True)
    gender = models.CharField(max_length=10, blank=True)
    language = models.CharField(max_length=10, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    fields = models.JSONField(default=dict, help_text="custom fields")
    consent = models.CharField(max_length=10, default="unknown")
    consent_at = models.DateTimeField(null=True)
    consent_source = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "phone"], name="contact_phone_once"),
            models.CheckConstraint(condition=Q(consent__in=CONSENTS), name="contact_consent"),
            models.CheckConstraint(condition=Q(gender__in=GENDERS), name="contact_gender"),
            models.CheckConstraint(
                condition=Q(phone__isnull=True) | Q(phone__regex=r"^\+[1-9][0-9]{6,14}$"), name="contact_phone_e164"
            ),
            models.CheckConstraint(
                condition=Q(phone__isnull=True, phone_hash__isnull=True)
                | Q(phone__isnull=False, phone_hash__isnull=False),
                name="contact_phone_hashed",
            ),
        ]
        indexes = [
            models.Index(fields=["store", "id"], name="contact_store"),
            models.Index(fields=["store", "updated_at"], name="contact_changed"),
            models.Index(fields=["phone_hash"], name="contact_phone_hash"),
            # retention: who left, and when
            models.Index(
                fields=["updated_at"], name="contact_left", condition=Q(consent="opted_out", erased_at__isnull=True)
            ),
            # birthdays as days of the year, 12 March is 312: whoever has none costs nothing
            models.Index("store", BORN, name="contact_birthday", condition=Q(birthday__isnull=False)),
        ]


class ConsentEvent(models.Model):
    """A change of a contact's consent, with its source and evidence. Append-only."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="consent_events")
    before = models.CharField(max_length=10)
    after = models.CharField(max_length=10)
    source = models.CharField(max_length=100, help_text="import:<id>, api, console, link, stop, join …")
    evidence = models.JSONField(default=dict)
    actor = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True, help_text="when it was handed to webhooks and automations")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(before__in=CONSENTS) & Q(after__in=CONSENTS), name="consentevent_values")
        ]
        indexes = [
            models.Index(fields=["store", "-id"], name="consentevent_store"),
            models.Index(fields=["store", "created_at"], name="consentevent_opt_outs", condition=Q(after="opted_out")),
            models.Index(fields=["id"], name="consentevent_outbox", condition=Q(published_at__isnull=True)),
        ]


class ContactList(models.Model):
    """A static list of contacts."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="lists")
    name = models.CharField(max_length=160)
    description = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now, help_text="also when a contact was added or removed")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "name"], name="list_name_once")]

    def __str__(self) -> str:
        return self.name


class ListMembership(models.Model):
    """A contact on a list."""

    list = models.ForeignKey(ContactList, on_delete=models.CASCADE, related_name="memberships", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="memberships")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["list", "contact"], name="membership_once")]


class Suppression(models.Model):
    """A phone that must not be texted, kept as a keyed hash: it survives deletion, erasure and re-import.

    One row per reason: who opted out and was also blocked by staff is still out when staff lifts the block.
    """

    store = models.ForeignKey(Store, null=True, on_delete=models.CASCADE, help_text="empty: for every store")
    phone_hash = models.BinaryField(max_length=16)
    reason = models.CharField(max_length=20, help_text="opt_out, no_marketing, erased, complaint, staff, provider")
    source = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["phone_hash", "store", "reason"], name="suppression_once", nulls_distinct=False
            )
        ]
