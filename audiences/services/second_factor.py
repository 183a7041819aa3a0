"""The second factor of a person: an authenticator app, and ten recovery codes for when it is lost.

Kept in django-otp's tables, one confirmed app and one set of codes for each person. Wrong codes make the next try wait
1, 2, 4 … seconds, app and recovery codes each by themselves; a code works once.
"""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from audiences.models import User
from config.audit import Actor, record
from config.problems import Conflict, Forbidden, Problem

CODES = 10
APP, RECOVERY = "authenticator", "recovery codes"


class WrongCode(Forbidden):
    """This code is wrong, or was used before."""

    code = "WRONG_CODE"


class TooManyCodes(Problem):
    """Too many wrong codes. Wait a moment."""

    code = "RATE_LIMITED"
    status = 429


class Replaced(Conflict):
    """A second factor is set up already; it is replaced by whoever has just shown it."""


class Shown(NamedTuple):
    """What took a code: the device, and how many recovery codes are left."""

    device: Device
    codes_left: int


def has_app(user: User) -> bool:
    """Whether the person has set up an app."""
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def codes_left(user: User) -> int:
    """Recovery codes that were not used."""
    return int(StaticToken.objects.filter(device__user=user).count())


def begin(user: User) -> TOTPDevice:
    """The app that is to be set up: the same key until it is confirmed, so that a page that is opened twice agrees."""
    waiting = TOTPDevice.objects.filter(user=user, confirmed=False).order_by("pk").first()
    return waiting or TOTPDevice.objects.create(user=user, confirmed=False, name=APP)


def finish(*, user: User, code: str, verified: bool, actor: Actor) -> tuple[TOTPDevice, list[str]]:
    """The first code of the new app confirms it: the one before ends, and there are new recovery codes.

    `verified`: the person has shown the present second factor in this session, and may replace it.
    Raises WrongCode, TooManyCodes, Replaced; the count of wrong codes is kept then.
    """
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if has_app(user) and not verified:
            raise Replaced
        device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False).order_by("pk").first()
        refusal = _refusal(device, code)
        if device and refusal is None:
            TOTPDevice.objects.filter(user=user).exclude(pk=device.pk).delete()
            TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
            device.confirmed = True
            codes = _new_codes(user)
            record("second_factor.set", actor=actor, subject=f"user:{user.pk}")
            return device, codes
    raise refusal or WrongCode()


def check(*, user: User, code: str) -> Shown:
    """Whose code it is: six digits are the app's, anything else is a recovery code, which is used up.

    Raises WrongCode, TooManyCodes; the count of wrong codes is kept then.
    """
    text = "".join(code.split()).replace("-", "").lower()
    kind = TOTPDevice if text.isdecimal() else StaticDevice
    with transaction.atomic():
        device = kind.objects.select_for_update().filter(user=user, confirmed=True).order_by("pk").first()
        refusal = _refusal(device, text)
        if device and refusal is None:
            return Shown(device, codes_left(user))
    raise refusal or WrongCode()


def renew_codes(*, user: User, actor: Actor) -> list[str]:
    """New recovery codes; the old ones are worth nothing from now on."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        codes = _new_codes(user)
        record("second_factor.codes", actor=actor, subject=f"user:{user.pk}")
    return codes


def reset(*, user_id: int, actor: Actor, reason: str) -> None:
    """Forget app and codes of a person who lost both: sessions end their second step, the next login sets up anew.

    Raises Conflict when there is nothing to forget.
    """
    with transaction.atomic():
        apps, _ = TOTPDevice.objects.filter(user_id=user_id).delete()
        codes, _ = StaticDevice.objects.filter(user_id=user_id).delete()
        if not apps + codes:
            raise Conflict("This person has no second factor.")
        facts: dict[str, Any] = {"before": "set up", "after": "none"}
        record("second_factor.reset", actor=actor, subject=f"user:{user_id}", reason=reason, **facts)


def _refusal(device: Device | None, code: str) -> Problem | None:
    """Why a locked device does not take a code; None when it took it. Counts, so it must not be rolled back."""
    if device is None:
        return WrongCode()
    allowed, why = device.verify_is_allowed()
    if not allowed:
        return TooManyCodes(retry_after=_seconds_until(why.get("locked_until")))
    return None if device.verify_token(code) else WrongCode()


def _seconds_until(moment: datetime | None) -> int:
    return max(1, round((moment - timezone.now()).total_seconds())) if moment else 1


def _new_codes(user: User) -> list[str]:
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name=RECOVERY)
    codes = [StaticToken.random_token() for _ in range(CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes
