"""What a store's customers did, as its own systems tell it: a purchase, a visit, an appointment."""

from django.db import models
from django.utils import timezone

from audiences.models.contacts import Contact
from audiences.models.stores import Store


class CustomerEvent(models.Model):
    """Something that a contact did. Append-only; deleting the contact deletes it, since `properties` may be personal.

    The contact's foreign key is not the database's: a bulk of events would lock a row per contact.
    """

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+", db_index=False)
    contact = models.ForeignKey(
        Contact, on_delete=models.DO_NOTHING, related_name="events", db_index=False, db_constraint=False
    )
    event_id = models.CharField(max_length=100, help_text="the sender's own id, or one that we made: once per store")
    name = models.CharField(max_length=60, help_text="purchase, visit, appointment …")
    properties = models.JSONField(default=dict)
    occurred_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "event_id"], name="customerevent_once")]
        indexes = [
            models.Index(fields=["store", "-id"], name="customerevent_store"),
            # win-back, segments, erasure: what somebody did, and when last
            models.Index(fields=["contact", "occurred_at"], name="customerevent_contact"),
        ]
