"""The second door: a code after the password, setting it up, losing it, and guessing at it."""

import time
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from audiences.models import User
from audiences.services import second_factor
from config.audit import SYSTEM
from config.models import AuditEvent
from messaging.checks import staff_shows_a_code
from tests.admin.test_operations import ask
from tests.factories import UserFactory

LOGIN = {"username": "boss@example.org", "password": "correct horse battery", "next": "/admin/"}
DOOR, SET_UP, CODES = (
    "/admin/second-factor/",
    "/admin/second-factor/set-up/",
    "/admin/second-factor/recovery-codes/",
)


@pytest.fixture(autouse=True)
def required(settings: Settings) -> None:
    """As in production."""
    settings.OPS_TOTP_REQUIRED = True


def code_of(device: TOTPDevice, *, steps: int = 0) -> str:
    """What the app shows, now or some half minutes from now."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = time.time() + steps * device.step
    return f"{totp.token():06d}"


def wrong_for(device: TOTPDevice) -> str:
    """Six digits that the app does not show about now."""
    shown = {code_of(device, steps=steps) for steps in range(-3, 4)}
    return next(text for text in ("000000", "111111", "222222", "333333", "444444", "555555", "666666", "777777")
                if text not in shown)  # fmt: skip


def enrolled(user: User) -> tuple[TOTPDevice, list[str]]:
    """An app that is set up, whose codes of now are all unused, and recovery codes."""
    device = second_factor.begin(user)
    _, codes = second_factor.finish(user=user, code=code_of(device), verified=False, actor=SYSTEM)
    TOTPDevice.objects.filter(pk=device.pk).update(last_t=-1)
    return TOTPDevice.objects.get(pk=device.pk), codes


def through_the_first_door(client: Client) -> Any:
    return client.post("/admin/login/", LOGIN, follow=True)


def test_the_password_alone_opens_nothing(client: Client, boss: User) -> None:
    enrolled(boss)

    answer = through_the_first_door(client)

    assert answer.request["PATH_INFO"] == DOOR
    assert client.get("/admin/campaigns/campaign/").status_code == 302
    assert client.get("/admin/login/", follow=True).request["PATH_INFO"] == DOOR


def test_a_code_opens_the_console_where_one_wanted_to_go(client: Client, boss: User) -> None:
    device, _ = enrolled(boss)
    client.post("/admin/login/", {**LOGIN, "next": "/admin/campaigns/campaign/"})
    before = client.session.session_key

    answer = client.post(DOOR, {"code": code_of(device), "next": "/admin/campaigns/campaign/"}, follow=True)

    assert (answer.status_code, answer.request["PATH_INFO"]) == (200, "/admin/campaigns/campaign/")
    assert client.session.session_key != before


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere(client: Client, boss: User, elsewhere: str) -> None:
    device, _ = enrolled(boss)
    through_the_first_door(client)

    answer = client.post(DOOR, {"code": code_of(device), "next": elsewhere})

    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


def test_a_code_works_once(client: Client, boss: User) -> None:
    device, _ = enrolled(boss)
    code = code_of(device)
    through_the_first_door(client)
    client.post(DOOR, {"code": code})
    second = Client()
    through_the_first_door(second)

    answer = second.post(DOOR, {"code": code})

    assert answer.status_code == 403
    assert b"WRONG_CODE" in answer.content


def test_guessing_has_to_wait_and_is_told_so(client: Client, boss: User) -> None:
    device, _ = enrolled(boss)
    through_the_first_door(client)
    TOTPDevice.objects.filter(pk=device.pk).update(throttling_failure_count=8)

    client.post(DOOR, {"code": wrong_for(device)})
    TOTPDevice.objects.filter(pk=device.pk).update(throttling_failure_count=8)
    answers = [client.post(DOOR, {"code": text}) for text in (wrong_for(device), code_of(device))]

    assert [answer.status_code for answer in answers] == [429, 429]
    assert b"RATE_LIMITED" in answers[1].content
    assert client.get("/admin/").status_code == 302


def test_who_has_no_app_sets_one_up_first(client: Client, boss: User) -> None:
    answer = through_the_first_door(client)
    assert answer.request["PATH_INFO"] == SET_UP
    assert b"<svg" in answer.content
    assert b" style=" not in answer.content

    device = TOTPDevice.objects.get(user=boss)
    done = client.post(SET_UP, {"code": code_of(device)})

    codes = done.context["codes"]
    assert (len(set(codes)), TOTPDevice.objects.get(user=boss).confirmed) == (10, True)
    assert all(code in done.content.decode() for code in codes)
    assert client.get("/admin/").status_code == 200
    assert AuditEvent.objects.get(action="second_factor.set").actor == f"staff:{boss.pk}"


def test_a_wrong_first_code_sets_nothing_up(client: Client, boss: User) -> None:
    through_the_first_door(client)
    device = TOTPDevice.objects.get(user=boss)

    answer = client.post(SET_UP, {"code": wrong_for(device)})

    assert b"WRONG_CODE" in answer.content
    assert not TOTPDevice.objects.get(user=boss).confirmed
    assert client.get("/admin/").status_code == 302


def test_the_page_shows_the_same_key_again(client: Client, boss: User) -> None:
    through_the_first_door(client)

    keys = {client.get(SET_UP).context["key"] for _ in range(2)}

    assert len(keys) == 1
    assert TOTPDevice.objects.count() == 1


def test_a_stolen_password_does_not_set_up_another_app(client: Client, boss: User) -> None:
    enrolled(boss)
    through_the_first_door(client)

    shown = client.get(SET_UP)
    sent = client.post(SET_UP, {"code": "123456"})

    assert [answer["Location"].partition("?")[0] for answer in (shown, sent)] == [DOOR, DOOR]
    assert TOTPDevice.objects.filter(user=boss).count() == 1
    with pytest.raises(second_factor.Replaced):
        second_factor.finish(user=boss, code="123456", verified=False, actor=SYSTEM)


def test_who_is_inside_sets_up_another_phone_and_the_old_one_ends(client: Client, boss: User) -> None:
    old, codes = enrolled(boss)
    through_the_first_door(client)
    client.post(DOOR, {"code": code_of(old)})

    client.get(SET_UP)
    fresh = TOTPDevice.objects.get(user=boss, confirmed=False)
    client.post(SET_UP, {"code": code_of(fresh)})

    assert list(TOTPDevice.objects.filter(user=boss)) == [fresh]
    assert not StaticToken.objects.filter(token=codes[0]).exists()
    assert client.get("/admin/").status_code == 200


def test_a_recovery_code_lets_in_once(client: Client, boss: User) -> None:
    _, codes = enrolled(boss)
    through_the_first_door(client)

    answer = client.post(DOOR, {"code": f" {codes[0][:4].upper()}-{codes[0][4:]} "}, follow=True)
    second = Client()
    through_the_first_door(second)
    again = second.post(DOOR, {"code": codes[0]})

    assert [str(message) for message in answer.context["messages"]] == ["A recovery code is used up; 9 are left."]
    assert again.status_code == 403


def test_new_recovery_codes_end_the_old_ones(client: Client, boss: User) -> None:
    device, old = enrolled(boss)
    through_the_first_door(client)
    assert client.get(CODES)["Location"].startswith(DOOR)
    client.post(DOOR, {"code": code_of(device)})

    assert b"10 codes are left." in client.get(CODES).content
    new = client.post(CODES).context["codes"]

    assert (len(new), set(new) & set(old)) == (10, set())
    assert AuditEvent.objects.filter(action="second_factor.codes").count() == 1


def test_a_superuser_resets_a_lost_one_and_the_session_ends_there(client: Client, boss: User) -> None:
    colleague = UserFactory.create(email="ann@example.org", is_staff=True, is_superuser=True)
    lost, _ = enrolled(colleague)
    theirs = Client()
    theirs.post("/admin/login/", {**LOGIN, "username": "Ann@example.org"})
    theirs.post(DOOR, {"code": code_of(lost)})
    assert theirs.get("/admin/").status_code == 200
    mine, _ = enrolled(boss)
    through_the_first_door(client)
    client.post(DOOR, {"code": code_of(mine)})

    ask(client, "reset", lost, reason="lost the phone, seen in person")

    assert theirs.get("/admin/").status_code == 302
    assert not StaticDevice.objects.filter(user=colleague).exists()
    assert AuditEvent.objects.get(action="second_factor.reset").reason == "lost the phone, seen in person"


def test_the_command_resets_a_lost_one(boss: User, capsys: pytest.CaptureFixture[str]) -> None:
    enrolled(boss)

    call_command("reset_second_factor", "Boss@example.org", reason="lost the phone")

    assert not TOTPDevice.objects.exists()
    assert "boss@example.org has no second factor any more" in capsys.readouterr().out
    with pytest.raises(CommandError, match="CONFLICT"):
        call_command("reset_second_factor", "boss@example.org", reason="again")
    with pytest.raises(CommandError, match="nobody"):
        call_command("reset_second_factor", "who@example.org", reason="x")
    with pytest.raises(CommandError, match="Say why"):
        call_command("reset_second_factor", "boss@example.org", reason=" ")


def test_somebody_else_may_log_in_instead(client: Client, boss: User) -> None:
    enrolled(boss)
    through_the_first_door(client)

    answer = client.post("/admin/second-factor/leave/")

    assert answer["Location"] == "/admin/login/"
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("path", [DOOR, SET_UP, CODES])
def test_who_is_no_staff_does_not_see_the_second_door(client: Client, boss: User, path: str) -> None:
    client.force_login(UserFactory.create())

    answer = client.get(path)

    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/admin/login/")
    assert not TOTPDevice.objects.exists()


def test_no_page_of_the_console_shows_a_key(client: Client, boss: User) -> None:
    device, _ = enrolled(boss)
    through_the_first_door(client)
    client.post(DOOR, {"code": code_of(device)})

    pages = [client.get(f"/admin/otp_totp/totpdevice/{tail}") for tail in ("", f"{device.pk}/change/")]

    assert [answer.status_code for answer in pages] == [200, 200]
    assert not any(device.key.encode() in answer.content for answer in pages)


def test_without_the_setting_the_password_is_enough_and_production_is_told(
    settings: Settings, client: Client, boss: User
) -> None:
    settings.OPS_TOTP_REQUIRED = False

    assert through_the_first_door(client).request["PATH_INFO"] == "/admin/"
    assert [found.id for found in staff_shows_a_code()] == ["messaging.W001"]
    settings.OPS_TOTP_REQUIRED = True
    assert staff_shows_a_code() == []
