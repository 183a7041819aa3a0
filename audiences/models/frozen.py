"""An audience as it was at one moment: the contacts that a campaign was planned for."""

from django.db import models
from django.utils import timezone

from audiences.models.contacts import Contact
from audiences.models.stores import Store


class FrozenAudience(models.Model):
    """Some contacts of a store, fixed. It names contacts and holds nothing of them: erasure has nothing to clear."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    size = models.BigIntegerField(default=0, help_text="contacts")
    created_at = models.DateTimeField(default=timezone.now)


class FrozenMember(models.Model):
    """A contact of a frozen audience. Written by one statement, hence without foreign keys in the database."""

    pk = models.CompositePrimaryKey("frozen", "contact")
    frozen = models.ForeignKey(
        FrozenAudience, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.DO_NOTHING, related_name="frozen_in", db_index=False, db_constraint=False
    )
