"""Roles and second factors of staff. Only superusers see them; what a role may do is said in code, not here."""

import django.contrib.auth.admin  # noqa: F401 - theirs are registered first
import django_otp.plugins.otp_static.admin
import django_otp.plugins.otp_totp.admin  # noqa: F401
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from audiences.services import second_factor
from audiences.staff import staff
from config.ops.operations import Answers, Operation
from config.ops.roles import NOBODY
from config.ops.rows import OpsAdmin

# Theirs show the keys, and let permissions be given that nothing here asks for.
admin.site.unregister([Group, StaticDevice, TOTPDevice])


@admin.register(Group)
class RoleAdmin(OpsAdmin):
    """A role: who has it is set on the person's page."""

    viewers = NOBODY
    list_display = ("name",)
    fields = ("name",)
    search_fields = ("pk", "name")


def reset(device: TOTPDevice, answers: Answers, request: HttpRequest) -> str:
    """Forget app and codes."""
    second_factor.reset(user_id=device.user_id, actor=staff(request), reason=answers["reason"])
    return "the next login sets up a new one."


@admin.register(TOTPDevice)
class SecondFactorAdmin(OpsAdmin):
    """Whose app makes codes; the key itself is not shown. Numbers of wrong codes show who guesses."""

    viewers = NOBODY
    list_display = ("user", "confirmed", "throttling_failure_count", "created_at", "last_used_at")
    list_select_related = ("user",)
    fields = (
        "user",
        "confirmed",
        "throttling_failure_count",
        "throttling_failure_timestamp",
        "created_at",
        "last_used_at",
    )
    search_fields = ("pk", "user__email")
    operations = (
        Operation(
            "reset",
            "Forget the second factor",
            "For somebody who lost the phone and the recovery codes: whoever knows the password sets up the next one. "
            "Make sure that it is they who ask.",
            reset,
            NOBODY,
            risky=True,
        ),
    )
