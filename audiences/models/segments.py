"""Segments: rules that say who belongs."""

from django.db import models
from django.utils import timezone

from audiences.models.stores import Store


class Segment(models.Model):
    """Rules by which a store chooses contacts. Nobody is written down: who belongs is asked each time.

    Erasure has nothing to clear: rules hold what a merchant wrote (words, numbers, days, keys of lists), never a phone
    or a whole e-mail address, and name no contact.
    """

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="segments", db_index=False)
    name = models.CharField(max_length=160)
    description = models.CharField(max_length=400, blank=True)
    rules = models.JSONField(help_text="{'and': […]}, {'or': […]}, {'not': …} or {'rule': …, operator: …}")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "name"], name="segment_name_once")]
        indexes = [models.Index(fields=["store", "-id"], name="segment_store")]

    def __str__(self) -> str:
        return self.name
