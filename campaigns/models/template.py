"""Texts that a store uses again."""

from django.db import models
from django.utils import timezone

from audiences.models import Store

CATEGORIES = ("promotion", "event", "reminder", "win_back", "birthday", "welcome", "service", "other")


class StoreTemplate(models.Model):
    """A text with placeholders, kept for the next campaign. It is about nobody: erasure has nothing to clear."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="templates", db_index=False)
    name = models.CharField(max_length=160)
    text = models.CharField(max_length=1600)
    language = models.CharField(max_length=10, blank=True, help_text="en, el …")
    category = models.CharField(max_length=12, default="other")
    starter = models.CharField(max_length=60, blank=True, help_text="the starter that it was copied from")
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "name"], name="template_name_once"),
            models.CheckConstraint(condition=models.Q(category__in=CATEGORIES), name="template_category"),
        ]
        indexes = [models.Index(fields=["store", "-id"], name="template_store")]

    def __str__(self) -> str:
        return self.name
