"""What links begin with: of the house by a setting, of a store by its own; and who may say so."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings
from rest_framework.test import APIClient

from audiences.links_base import links_base_url, shortens
from audiences.models import Store
from audiences.services.stores import update_store
from config.audit import SYSTEM
from config.origins import is_origin, parse_origin
from config.problems import InvalidFields
from tests.api.clients import V1, code, with_key


@pytest.mark.parametrize(
    "url",
    [
        "https://go.example",
        "https://a.io",
        "https://sms.shop.example:8443",
        "https://xn--ixah0a8as.example",
        "http://127.0.0.1:8000",
        "http://localhost",
        "https://go.example." + "x" * 41,
    ],
)
def test_origins(url: str) -> None:
    assert is_origin(url)
    assert parse_origin(f"{url}/", name="X") == url


@pytest.mark.parametrize(
    "url",
    [
        "go.example",
        "http://go.example",
        "ftp://go.example",
        "https://go.example/path",
        "https://go.example?x",
        "https://go.example#x",
        "https://go.example/",
        "https://user@go.example",
        "https://go",
        "https://GO.example",
        "https://καφές.example",
        "https://go_1.example",
        "https://-go.example",
        "https://1.2.3.4",
        "https://go.example:port",
        "https://go.example:0443",
        "https://go.example{{x}}",
        "https://go.example ",
        "https://[::1",
        "https://go.example." + "x" * 42,
        "javascript:alert(1)",
    ],
)
def test_what_links_cannot_begin_with(url: str) -> None:
    assert not is_origin(url)
    if not url.endswith("/"):
        with pytest.raises(ImproperlyConfigured, match="LINKS_BASE_URL"):
            parse_origin(url, name="LINKS_BASE_URL")


def test_the_setting_may_be_empty() -> None:
    assert parse_origin("", name="X") == ""


@pytest.mark.django_db
def test_the_stores_own_comes_first(store: Store, settings: Settings) -> None:
    settings.LINKS_BASE_URL, settings.PUBLIC_URL = "", "https://sms.example"
    assert (links_base_url(store), shortens(store)) == ("https://sms.example", False)

    settings.LINKS_BASE_URL = "https://hg.example"
    assert (links_base_url(store), shortens(store)) == ("https://hg.example", True)

    store.links_base_url = "https://go.example"
    assert (links_base_url(store), shortens(store)) == ("https://go.example", True)


@pytest.mark.django_db
def test_a_store_is_told_what_is_wrong_with_its_address(store: Store) -> None:
    api: APIClient = with_key(store)

    assert (
        api.patch(f"{V1}/store", {"links_base_url": "https://go.example/"}).json()["links_base_url"]
        == "https://go.example"
    )
    refused = api.patch(f"{V1}/store", {"links_base_url": "https://go.example/path"})

    assert code(refused) == (400, "VALIDATION_ERROR")
    assert refused.json()["errors"][0]["pointer"] == "#/links_base_url"
    assert api.patch(f"{V1}/store", {"links_base_url": ""}).json()["links_base_url"] == ""


@pytest.mark.django_db
def test_the_opt_out_text_takes_no_other_placeholder(store: Store) -> None:
    update_store(store_id=store.pk, changes={"opt_out_text": "Stop: {{opt_out_link}}"}, actor=SYSTEM)

    for text in ("Stop: {{first_name}}", "Stop: {{opt_out_link}} {{x}}", "Stop: {{opt_out_link}"):
        with pytest.raises(InvalidFields):
            update_store(store_id=store.pk, changes={"opt_out_text": text}, actor=SYSTEM)
