"""The bodies of the audiences API: what is taken, and what is shown."""

from typing import Any

from rest_framework import serializers

from audiences.models.contacts import CONSENTS, GENDERS
from audiences.models.imports import EXISTING
from audiences.models.stores import SCOPES, SENDER, STORE_STATUSES
from audiences.opt_out import OPT_OUT_MAX
from audiences.states import IMPORT
from config.wire import ActorField, Body, JsonObject, PublicId

CAP_MAX = 32_767  # a smallint
CREDITS_MAX = 10**15  # far below a bigint


class SpendCap(serializers.IntegerField):
    """A limit in credits that the store sets itself; null: none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=CREDITS_MAX, allow_null=True, required=False, **options)


class StoreBody(Body):
    """The store and how it sends."""

    id = PublicId(kind="str", read_only=True)
    name = serializers.CharField(max_length=200)
    slug = serializers.CharField(read_only=True)
    time_zone = serializers.CharField(max_length=64, help_text="IANA name.")
    country = serializers.RegexField(r"^[A-Z]{2}$", help_text="Numbers without a country are read as from here.")
    currency = serializers.RegexField(r"^[A-Z]{3}$")
    sender = serializers.CharField(max_length=16, validators=[SENDER], help_text="What recipients see as the sender.")
    quiet_from = serializers.TimeField(allow_null=True, help_text="No marketing from this local hour …")
    quiet_until = serializers.TimeField(allow_null=True, help_text="… until this one.")
    cap_per_day = serializers.IntegerField(
        min_value=1, max_value=CAP_MAX, allow_null=True, help_text="Marketing messages per contact in 24 hours."
    )
    cap_per_week = serializers.IntegerField(min_value=1, max_value=CAP_MAX, allow_null=True)
    credits_low_at = serializers.IntegerField(
        min_value=1,
        max_value=CREDITS_MAX,
        allow_null=True,
        help_text="When fewer credits than this are available, the webhook event `credits.low` says so, once.",
    )
    spend_cap_campaign = SpendCap(help_text="Credits that one launch may hold; more is refused with `SPEND_CAP`.")
    spend_cap_day = SpendCap(help_text="Credits that all launches of one day may use, by the store's clock.")
    spend_cap_month = SpendCap(help_text="As `spend_cap_day`, of a calendar month.")
    custom_fields = JsonObject(
        child=serializers.ChoiceField(choices=("text", "number", "date", "yes_no")),
        help_text="Names of the contacts' custom fields, and what they hold.",
    )
    links_base_url = serializers.URLField(
        allow_blank=True,
        help_text="What the links in messages begin with, like `https://go.example.com`: a host of yours that leads to "
        "us. Empty: the house's, if it has one; without either, addresses stay as they are written.",
    )
    opt_out_text = serializers.CharField(
        allow_blank=True,
        required=False,
        max_length=OPT_OUT_MAX,
        help_text="How to get no more: the last line of marketing, birthday and welcome messages, counted in the "
        "quote. Leave it empty only where the law and the kind of store allow it.",
    )
    status = serializers.ChoiceField(choices=STORE_STATUSES, read_only=True)
    sending_stopped = serializers.BooleanField(read_only=True, help_text="Staff stopped all sending of this store.")
    created_at = serializers.DateTimeField(read_only=True)


class ContactBody(Body):
    """A person of the store."""

    id = PublicId(kind="con", read_only=True)
    phone = serializers.CharField(max_length=40, help_text="Any usual way of writing; kept as E.164.")
    country = serializers.CharField(read_only=True, help_text="Of the number.")
    first_name = serializers.CharField(max_length=120, allow_blank=True, required=False)
    last_name = serializers.CharField(max_length=120, allow_blank=True, required=False)
    email = serializers.EmailField(max_length=320, allow_blank=True, required=False)
    birthday = serializers.DateField(allow_null=True, required=False)
    gender = serializers.ChoiceField(choices=GENDERS, allow_blank=True, required=False)
    language = serializers.CharField(max_length=10, allow_blank=True, required=False)
    time_zone = serializers.CharField(max_length=64, allow_blank=True, required=False)
    # DRF takes declared fields out of the class, so that its own property of this name stays.
    fields = JsonObject(required=False, help_text="Custom fields.")  # type: ignore[assignment]
    consent = serializers.ChoiceField(choices=CONSENTS, read_only=True, help_text="Changed by opt-in and opt-out.")
    consent_at = serializers.DateTimeField(read_only=True, allow_null=True)
    consent_source = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class NewContactBody(ContactBody):
    """A new person of the store. Who opted out before stays opted out, whatever is stated here."""

    consent = serializers.ChoiceField(choices=CONSENTS, default="unknown")
    consent_source = serializers.CharField(
        max_length=100, default="", allow_blank=True, help_text="Where the consent comes from, e.g. `checkout`."
    )
    consent_evidence = JsonObject(required=False, write_only=True, help_text="What proves it.")


class ContactLookupBody(Body):
    """Whom to look for."""

    text = serializers.CharField(max_length=100, help_text="A phone, or the beginnings of names or an e-mail address.")


class ConsentBody(Body):
    """Where a consent comes from."""

    # DRF takes declared fields out of the class, so that its own attribute of this name stays.
    source = serializers.CharField(  # type: ignore[assignment]
        max_length=100, required=False, default="api", help_text="E.g. `checkout`."
    )
    evidence = JsonObject(required=False, help_text="What proves it, e.g. the form and its wording.")


class EraseBody(Body):
    """Why."""

    reason = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default="", help_text="For the audit. No names, please."
    )


class ConsentEventShape(serializers.Serializer[Any]):
    """A change of a contact's consent, and what proves it."""

    id = PublicId(kind="cev")
    before = serializers.ChoiceField(choices=CONSENTS)
    after = serializers.ChoiceField(choices=CONSENTS)
    # As in ConsentBody.
    source = serializers.CharField(help_text="E.g. `link`, `join`, `api`, `import:…`.")  # type: ignore[assignment]
    evidence = serializers.DictField()
    actor = ActorField()
    created_at = serializers.DateTimeField()


class ListBody(Body):
    """A static list of contacts."""

    id = PublicId(kind="lst", read_only=True)
    name = serializers.CharField(max_length=160)
    description = serializers.CharField(max_length=400, allow_blank=True, required=False)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class MembersBody(Body):
    """Contacts to put on a list and to take off it."""

    add = serializers.ListField(child=PublicId(kind="con"), max_length=10_000, default=list)
    remove = serializers.ListField(child=PublicId(kind="con"), max_length=10_000, default=list)


class MembersShape(serializers.Serializer[Any]):
    """How many contacts really came and went."""

    added = serializers.IntegerField()
    removed = serializers.IntegerField()


class KeyBody(Body):
    """A key of the store."""

    id = PublicId(kind="key", read_only=True)
    name = serializers.CharField(max_length=100)
    prefix = serializers.CharField(read_only=True, help_text="The key's beginning, to tell keys apart.")
    scopes = serializers.MultipleChoiceField(choices=SCOPES, allow_empty=False)
    created_at = serializers.DateTimeField(read_only=True)
    last_used_at = serializers.DateTimeField(read_only=True, allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True, required=False)
    revoked_at = serializers.DateTimeField(read_only=True, allow_null=True)


class NewKeyShape(KeyBody):
    """A new key. `key` is shown this once."""

    key = serializers.CharField(read_only=True)


class ImportShape(serializers.Serializer[Any]):
    """An import of contacts, and how far it got. Counts are rows of the file."""

    id = PublicId(kind="imp")
    status = serializers.ChoiceField(choices=IMPORT.states)
    file_name = serializers.CharField()
    file_bytes = serializers.IntegerField()
    encoding = serializers.CharField()
    delimiter = serializers.CharField()
    mapping = serializers.DictField(child=serializers.CharField())
    consent = serializers.ChoiceField(choices=CONSENTS)
    consent_source = serializers.CharField()
    consent_at = serializers.DateTimeField(allow_null=True)
    existing = serializers.ChoiceField(choices=EXISTING)
    list = PublicId(kind="lst", source="list_id", allow_null=True)
    dry_run = serializers.BooleanField()
    progress = serializers.IntegerField(help_text="Percent of the work; the first quarter is reading the file.")
    rows = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    refused = serializers.IntegerField()
    error = serializers.CharField()
    actor = ActorField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class ImportBody(Body):
    """A file of contacts and how to read it."""

    file = serializers.FileField(help_text="CSV or XLSX, with a heading.")
    encoding = serializers.CharField(default="", allow_blank=True, help_text="Without it: by its mark, else UTF-8.")
    delimiter = serializers.CharField(
        default="", allow_blank=True, max_length=1, trim_whitespace=False, help_text="Without it: the likeliest."
    )
    mapping = serializers.JSONField(
        required=False, help_text='Column of the file -> field of the contact, as JSON; "" leaves a column out.'
    )
    consent = serializers.ChoiceField(
        choices=CONSENTS, default="unknown", help_text="What new contacts agreed to, as you state it."
    )
    consent_source = serializers.CharField(
        default="", allow_blank=True, max_length=100, help_text="Where and how they agreed."
    )
    consent_at = serializers.DateTimeField(required=False, help_text="When they agreed, if not now.")
    existing = serializers.ChoiceField(
        choices=EXISTING,
        default="update",
        help_text="Contacts that exist: what the file says wins, fills only what they do not say, or changes nothing.",
    )
    list = PublicId(kind="lst", required=False, help_text="Put the contacts on this list.")
    list_name = serializers.CharField(
        default="", allow_blank=True, max_length=160, help_text="Or on the list with this name, made if need be."
    )
    dry_run = serializers.BooleanField(default=False, help_text="Check every row, change nothing.")

    def validate_mapping(self, value: Any) -> dict[str, str]:
        """An object of texts."""
        if not isinstance(value, dict) or not all(isinstance(field, str) for field in value.values()):
            raise serializers.ValidationError("An object: column -> field.")
        return value


class PreviewRowShape(serializers.Serializer[Any]):
    """A row as it would be read, or why it would be refused."""

    row = serializers.IntegerField()
    values = serializers.DictField()
    column = serializers.CharField()
    code = serializers.CharField()


class PreviewShape(serializers.Serializer[Any]):
    """The file's columns, what they are taken for, and its first rows."""

    columns = serializers.ListField(child=serializers.CharField())
    mapping = serializers.DictField(child=serializers.CharField())
    rows = PreviewRowShape(many=True)
