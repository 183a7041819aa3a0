"""The bodies of who may do what: members, stores of a person, suppressions, the audit."""

from typing import Any

from rest_framework import serializers

from audiences.models.stores import ROLES, STORE_STATUSES
from audiences.serializers import StoreBody
from audiences.services.consent import REASONS
from config.opaque import public_id
from config.wire import ActorField, Body, PublicId

# What a merchant may say; the others are the house's own words.
STATED_REASONS = ("opt_out", "complaint")
# How the audit's subjects are called -> the kind of their public ids. Of anything else only the name is shown.
SUBJECTS = {
    "store": "str",
    "user": "usr",
    "key": "key",
    "contact": "con",
    "list": "lst",
    "import": "imp",
    "campaign": "cmp",
    "batch": "bat",
    "automation": "aut",
}


class MemberBody(Body):
    """Somebody who works for the store."""

    id = PublicId(kind="mem", read_only=True)
    user = PublicId(kind="usr", source="user_id", read_only=True, help_text="As the audit names them.")
    email = serializers.EmailField(max_length=254, source="user.email")
    role = serializers.ChoiceField(choices=ROLES)
    created_at = serializers.DateTimeField(read_only=True)
    last_login = serializers.DateTimeField(source="user.last_login", read_only=True, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The address beside the role, not inside a user."""
        return {"email": attrs["user"]["email"], "role": attrs["role"]}


class RoleBody(Body):
    """What a member may do."""

    role = serializers.ChoiceField(choices=ROLES)


class MyStoreShape(serializers.Serializer[Any]):
    """A store that the caller may act for; its id goes into the header `X-Store`."""

    id = PublicId(kind="str")
    name = serializers.CharField()
    slug = serializers.CharField()
    status = serializers.ChoiceField(choices=STORE_STATUSES)
    role = serializers.ChoiceField(choices=ROLES, allow_null=True, help_text="The person's; null for a key.")
    created_at = serializers.DateTimeField()


class NewStoreBody(StoreBody):
    """A new store."""

    slug = serializers.SlugField(
        max_length=50, required=False, help_text="Its name in addresses, for good. Without it: made of the name."
    )
    time_zone = serializers.CharField(max_length=64, default="UTC", help_text="IANA name.")
    currency = serializers.RegexField(r"^[A-Z]{3}$", default="EUR")
    quiet_from = serializers.TimeField(allow_null=True, default=None)
    quiet_until = serializers.TimeField(allow_null=True, default=None)
    cap_per_day = None  # type: ignore[assignment]
    cap_per_week = None  # type: ignore[assignment]
    credits_low_at = None  # type: ignore[assignment]
    spend_cap_campaign = None  # type: ignore[assignment]
    spend_cap_day = None  # type: ignore[assignment]
    spend_cap_month = None  # type: ignore[assignment]
    custom_fields = None  # type: ignore[assignment]
    links_base_url = None  # type: ignore[assignment]
    sending_stopped = None  # type: ignore[assignment]
    created_at = None  # type: ignore[assignment]
    status = None  # type: ignore[assignment]
    id = None  # type: ignore[assignment]


class PhoneBody(Body):
    """A phone number. It travels in bodies only: addresses end up in logs."""

    phone = serializers.CharField(max_length=40, help_text="Any usual way of writing.")


class NewSuppressionBody(PhoneBody):
    """A phone that must not be texted."""

    reason = serializers.ChoiceField(choices=STATED_REASONS, default="opt_out")


class SuppressionShape(serializers.Serializer[Any]):
    """A phone that must not be texted. The number itself is kept nowhere and never shown."""

    id = PublicId(kind="sup")
    reason = serializers.ChoiceField(choices=REASONS)
    # As in ConsentBody: the field of this name hides nothing that is read.
    source = serializers.CharField()  # type: ignore[assignment]
    created_at = serializers.DateTimeField()


class FoundSuppressionShape(serializers.Serializer[Any]):
    """Whether a phone is texted by this store."""

    suppressed = serializers.BooleanField()
    everywhere = serializers.BooleanField(help_text="Staff suppressed the phone for every store.")
    suppression = SuppressionShape(allow_null=True, help_text="The store's own, the newest one.")
    suppressions = SuppressionShape(many=True, help_text="All of the store's own, one per reason, the newest first.")


class LiftBody(Body):
    """Why a phone may be texted again."""

    reason = serializers.CharField(max_length=200, help_text="For the audit.")


class SubjectField(serializers.CharField):
    """What was changed, e.g. `campaign:cmp_…`; a suppression only by its kind, for its name is the phone's hash."""

    def to_representation(self, value: Any) -> str:
        word, _, number = str(value).partition(":")
        kind = SUBJECTS.get(word)
        return f"{word}:{public_id(int(number), kind=kind)}" if kind and number.isdigit() else word


class AuditShape(serializers.Serializer[Any]):
    """Who did what to what, when, from where."""

    id = PublicId(kind="aud")
    actor = ActorField(help_text="`user:…`, `key:…`, `staff:…`, `contact:…`, `visitor`, `command:…` or `system`.")
    action = serializers.CharField(help_text="E.g. `campaign.launch`.")
    subject = SubjectField()
    reason = serializers.CharField()
    facts = serializers.DictField()
    ip = serializers.SerializerMethodField(help_text="null for the house's own people and processes.")
    created_at = serializers.DateTimeField()

    def get_ip(self, row: Any) -> str | None:
        """The address of the store's own people and keys; where staff works is not theirs to know."""
        return row.ip if row.actor.startswith(("user:", "key:")) else None
