"""/metrics is for who has the token, for staff, and for this machine; and it says so in standard words."""

from typing import Any

import pytest
from django.test import Client
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from pytest_django import Settings

from config.version import VERSION
from tests.architecture.source import ROOT
from tests.factories import UserFactory

pytestmark = pytest.mark.usefixtures("working")


def status(**asked: Any) -> int:
    return Client().get("/metrics", **asked).status_code


def test_without_a_token_only_this_machine_may_ask(settings: Settings) -> None:
    assert status() == 200
    assert status(REMOTE_ADDR="::1") == 200
    assert status(REMOTE_ADDR="10.0.0.5") == 401
    assert status(REMOTE_ADDR="") == 401
    assert status(HTTP_X_FORWARDED_FOR="127.0.0.1") == 401
    assert status(HTTP_FORWARDED="for=127.0.0.1") == 401

    settings.BEHIND_PROXY = True
    assert status() == 401


def test_with_a_token_the_token_is_asked_for(settings: Settings) -> None:
    settings.METRICS_TOKEN = "open sesame"

    assert status() == 401
    assert status(HTTP_AUTHORIZATION="Bearer close sesame") == 401
    assert status(HTTP_AUTHORIZATION="Basic open sesame") == 401
    assert status(HTTP_AUTHORIZATION="Bearer ανοίξου") == 401
    assert status(HTTP_AUTHORIZATION="Bearer open sesame", REMOTE_ADDR="10.0.0.5") == 200


def test_staff_may_ask_from_anywhere_and_a_merchant_may_not(client: Client) -> None:
    client.force_login(UserFactory.create())
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.5").status_code == 401

    client.force_login(UserFactory.create(is_staff=True))
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.5").status_code == 200


def test_a_refusal_says_how_to_ask_and_nothing_else() -> None:
    answer = Client().get("/metrics", REMOTE_ADDR="10.0.0.5")

    assert (answer.content, answer["WWW-Authenticate"]) == (b"Unauthorized\n", "Bearer")


def test_it_is_answered_without_tls_and_never_cached(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True

    answer = Client().get("/metrics")

    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


def test_openmetrics_is_spoken_to_who_asks_for_it() -> None:
    answer = Client().get("/metrics", HTTP_ACCEPT="application/openmetrics-text; version=1.0.0")

    assert answer["Content-Type"].startswith("application/openmetrics-text")
    assert {"heliograph_batches", "heliograph_workers_alive"} <= {
        family.name for family in text_string_to_metric_families(answer.content.decode())
    }


def test_the_version_is_that_of_the_package() -> None:
    assert f'version = "{VERSION}"' in (ROOT / "pyproject.toml").read_text()
