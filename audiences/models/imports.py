"""An import of contacts from a file: a task that can be killed and goes on from its cursor."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from audiences.models.contacts import CONSENTS, ContactList
from audiences.models.stores import Store
from audiences.states import IMPORT

EXISTING = ("update", "fill", "keep")
READING = 25  # percent


class ContactImport(models.Model):
    """One file, how to read it, and how far it got. Counts are rows."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="imports")
    status = models.CharField(max_length=10, default="pending")
    file = models.CharField(max_length=300, help_text="where the upload lies, under LOCAL_DIR/files")
    file_name = models.CharField(max_length=200, help_text="as the client called it; only shown")
    file_bytes = models.BigIntegerField(default=0)
    encoding = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    mapping = models.JSONField(default=dict, help_text="column of the file -> field of the contact")
    consent = models.CharField(max_length=10, default="unknown", help_text="stated by the importer for new rows")
    consent_source = models.CharField(max_length=100, blank=True)
    consent_at = models.DateTimeField(null=True)
    existing = models.CharField(
        max_length=10, default="update", db_default="update", help_text="what becomes of contacts that exist"
    )
    list = models.ForeignKey(ContactList, null=True, on_delete=models.SET_NULL, help_text="rows are added to this list")
    dry_run = models.BooleanField(default=False)
    digest = models.CharField(
        max_length=32, blank=True, default="", db_default="", help_text="BLAKE2b of the upload, to know it again"
    )
    cursor = models.BigIntegerField(default=0, help_text="rows of the file that were read")
    offset = models.BigIntegerField(default=0, help_text="byte after the last row that was read")
    read_at = models.DateTimeField(null=True, help_text="when the whole file had been read and checked")
    rows = models.BigIntegerField(default=0)
    created = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0, help_text="rows whose phone stood earlier in the same file")
    refused = models.BigIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    actor = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    touched_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            IMPORT.check("import_status"),
            models.CheckConstraint(condition=Q(consent__in=CONSENTS), name="import_consent"),
            models.CheckConstraint(condition=Q(existing__in=EXISTING), name="import_existing"),
        ]
        indexes = [
            models.Index(fields=["store", "-id"], name="import_store"),
            models.Index(fields=["touched_at"], name="import_open", condition=Q(status__in=["pending", "running"])),
            models.Index(fields=["finished_at"], name="import_untidy", condition=~Q(file="")),
        ]

    @property
    def progress(self) -> int:
        """Percent of the work that is done: reading is about a quarter of it. What failed stays where it was."""
        if self.status in {"pending", "done"}:
            return 100 if self.status == "done" else 0
        if self.read_at is None:
            return min(self.offset * READING // max(self.file_bytes, 1), READING)
        written, wanted = self.created + self.updated + self.unchanged, self.rows - self.refused - self.duplicates
        return READING + written * (99 - READING) // max(wanted, 1)


class ImportProblem(models.Model):
    """A row of the file that was refused, and why."""

    contact_import = models.ForeignKey(ContactImport, on_delete=models.CASCADE, related_name="problems", db_index=False)
    row = models.BigIntegerField(help_text="1 is the first row after the header")
    column = models.CharField(max_length=100, blank=True)
    code = models.CharField(max_length=40)
    value = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["contact_import", "row"], name="importproblem_once")]
        indexes = [models.Index(fields=["id"], name="importproblem_quoted", condition=~Q(value=""))]


class ImportRow(models.Model):
    """A row of an unfinished import that was read and checked, and waits to become a contact. Empty: nothing said."""

    pk = models.CompositePrimaryKey("contact_import", "row")
    contact_import = models.ForeignKey(
        ContactImport, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    row = models.BigIntegerField()
    phone = models.TextField()
    phone_hash = models.BinaryField(max_length=16)
    country = models.TextField()
    first_name = models.TextField(null=True)  # noqa: DJ001
    last_name = models.TextField(null=True)  # noqa: DJ001
    email = models.TextField(null=True)  # noqa: DJ001
    birthday = models.DateField(null=True)
    gender = models.TextField(null=True)  # noqa: DJ001
    language = models.TextField(null=True)  # noqa: DJ001
    time_zone = models.TextField(null=True)  # noqa: DJ001
    fields = models.JSONField(null=True)
    lower = models.BooleanField(help_text="the row says no")
