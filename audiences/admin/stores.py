"""Stores, users, members and keys: what staff may set, each by its service."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django_otp.plugins.otp_totp.models import TOTPDevice

from audiences.models import ApiKey, Member, Store, User
from audiences.models.stores import ROLES, STORE_STATUSES
from audiences.services.keys import revoke_key
from audiences.services.stores import EDITABLE, create_store, remove_member, set_member, update_store
from audiences.services.switch import set_sending
from audiences.staff import staff
from config.audit import record
from config.ops.marks import EMPTY, state
from config.ops.operations import Answers, Operation
from config.ops.pages import choice
from config.ops.roles import CARE, HOUSE, PEOPLE
from config.ops.rows import OpsAdmin

FIELDS = ("name", "slug", *(name for name in EDITABLE if name != "name"))


def stop_sending(store: Store, answers: Answers, request: HttpRequest) -> str:
    """Nothing of the store is sent from now on."""
    set_sending(store_id=store.pk, allowed=False, actor=staff(request), reason=answers["reason"])
    return "sending is stopped."


def allow_sending(store: Store, answers: Answers, request: HttpRequest) -> str:
    """What waited goes on."""
    set_sending(store_id=store.pk, allowed=True, actor=staff(request), reason=answers["reason"])
    return "sending is allowed."


@admin.register(Store)
class StoreAdmin(OpsAdmin):
    """A store's settings, and the switch of its sending."""

    kind = "str"
    audited = "store"
    writable = True
    editors = PEOPLE
    list_display = ("name", "slug", "country", state("status"), "sending", "created_at")
    list_filter = (choice("status", STORE_STATUSES), "sending_stopped")
    search_fields = ("pk", "name__icontains", "slug")
    fields = FIELDS
    operations = (
        Operation(
            "stop_sending",
            "Pause everything",
            "Batches at a worker finish; nothing else of the store leaves until sending is allowed again.",
            stop_sending,
            PEOPLE,
            applies=lambda store: not store.sending_stopped,
        ),
        Operation(
            "allow_sending",
            "Allow sending",
            "Campaigns that wait go on at once.",
            allow_sending,
            HOUSE,
            applies=lambda store: store.sending_stopped,
        ),
    )

    @admin.display(description="sending", boolean=True)
    def sending(self, store: Store) -> bool:
        """Whether staff lets it send."""
        return not store.sending_stopped

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        """The slug is in addresses: it stays."""
        fixed = ("slug", "status", "sending_stopped") if obj else ()
        return (*fixed, *super().get_readonly_fields(request, obj))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """On a new store what it is made of; on an old one also what is shown."""
        return (*FIELDS, "status", "sending_stopped", "public") if obj else FIELDS

    def save_model(self, request: HttpRequest, obj: Store, form: Any, change: bool) -> None:
        """By the service; for a new store too."""
        values = {name: form.cleaned_data[name] for name in form.changed_data}
        if "custom_fields" in values:
            values["custom_fields"] = values["custom_fields"] or {}
        if change:
            update_store(store_id=obj.pk, changes=values, actor=staff(request))
        else:
            required = {name: form.cleaned_data[name] for name in ("name", "slug", "country", "sender")}
            obj.pk = create_store(**{**values, **required}, actor=staff(request)).pk


class MemberForm(forms.ModelForm):  # type: ignore[type-arg]
    """Who, where, as what."""

    role = forms.ChoiceField(choices=[(role, role) for role in ROLES])


@admin.register(Member)
class MemberAdmin(OpsAdmin):
    """Who runs which store."""

    kind = "mem"
    writable = True
    editors = CARE
    form = MemberForm
    list_display = ("user", "store", state("role"), "created_at")
    list_filter = (choice("role", ROLES),)
    list_select_related = ("user", "store")
    search_fields = ("pk", "user__email", "store__slug")
    raw_id_fields = ("user", "store")
    fields = ("user", "store", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        """A member changes the role, never the person or the store."""
        return ("user", "store") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Members can be taken away."""
        return self.may_edit(request)

    def save_model(self, request: HttpRequest, obj: Member, form: Any, change: bool) -> None:
        """By the service."""
        made = set_member(store_id=obj.store_id, user=obj.user, role=obj.role, actor=staff(request))
        obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: Member) -> None:
        """By the service; the last owner stays."""
        remove_member(store_id=obj.store_id, member_id=obj.pk, actor=staff(request))


def revoke(key: ApiKey, answers: Answers, request: HttpRequest) -> str:
    """End a key."""
    revoke_key(store_id=key.store_id, key_id=key.pk, actor=staff(request), reason=answers["reason"])
    return "it is revoked."


@admin.register(ApiKey)
class ApiKeyAdmin(OpsAdmin):
    """Keys of integrations; the key itself is nowhere."""

    kind = "key"
    audited = "key"
    list_display = ("name", "store", "prefix", "scopes", "last_used_at", "expires_at", "revoked_at")
    list_select_related = ("store",)
    search_fields = ("pk", "prefix", "store__slug")
    exclude = ("digest",)
    operations = (
        Operation(
            "revoke",
            "Revoke the key",
            "Whoever uses it is refused from the next request on. This cannot be taken back.",
            revoke,
            PEOPLE,
            applies=lambda key: key.revoked_at is None,
            risky=True,
        ),
    )


@admin.register(User)
class OpsUserAdmin(UserAdmin):  # type: ignore[type-arg]
    """People who log in. Only a superuser may change them: whoever may, may make himself one."""

    ordering = ("email",)
    list_display = ("email", "first_name", "is_active", "is_staff", "is_superuser", "roles", "shows_code", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email",)
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("email", "password", "first_name", "last_name")}),
        ("May", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Seen", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ()
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "usable_password", "password1", "password2")}),)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[User]":
        """With their roles, and whether they have set up a second factor."""
        device = TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)
        rows: QuerySet[User] = super().get_queryset(request)
        return rows.annotate(shows_a_code=Exists(device)).prefetch_related("groups")

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        """By name."""
        return ", ".join(sorted(group.name for group in user.groups.all())) or EMPTY

    @admin.display(description="second factor", boolean=True)
    def shows_code(self, user: Any) -> bool:
        """Whether a second factor is set up."""
        return bool(user.shows_a_code)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers."""
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers."""
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: what they did keeps their number. They are made inactive."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """With a line in the audit that names the fields, not their values."""
        super().save_model(request, obj, form, change)
        action = "user.edit" if change else "user.create"
        record(action, actor=staff(request), subject=f"user:{obj.pk}", fields=sorted(form.changed_data))
