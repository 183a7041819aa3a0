"""`manage.py rotate_keys`: every secret is readable with the new key alone, and none is lost on the way."""

import json
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from config.models import AuditEvent
from messaging.credentials import CredentialsField
from messaging.models import ProviderAccount, WebhookEndpoint
from messaging.rotation import SECRETS
from tests.factories import ProviderAccountFactory, WebhookEndpointFactory

pytestmark = pytest.mark.django_db


def stored() -> list[str]:
    """The tokens as the database holds them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT credentials FROM messaging_provideraccount ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def test_every_column_with_secrets_is_rotated() -> None:
    columns = {
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, CredentialsField)
    }

    assert columns == set(SECRETS)


def test_afterwards_the_old_key_can_be_taken_away(settings: Settings) -> None:
    settings.CREDENTIAL_KEYS = ["old"]
    account, endpoint = ProviderAccountFactory.create(), WebhookEndpointFactory.create()
    secrets, before = dict(account.credentials), stored()
    signs = dict(endpoint.secrets)
    settings.CREDENTIAL_KEYS = ["new", "old"]
    out = StringIO()

    call_command("rotate_keys", "--json", stdout=out)

    settings.CREDENTIAL_KEYS = ["new"]
    assert dict(ProviderAccount.objects.get().credentials) == secrets
    assert dict(WebhookEndpoint.objects.get().secrets) == signs
    assert stored() != before
    assert json.loads(out.getvalue()) == {"messaging_provideraccount": 1, "messaging_webhookendpoint": 1}
    assert AuditEvent.objects.get(action="secrets.rotate").actor == "command:rotate_keys"


def test_twice_does_no_harm(settings: Settings) -> None:
    account = ProviderAccountFactory.create()
    settings.CREDENTIAL_KEYS = ["new", *settings.CREDENTIAL_KEYS]

    call_command("rotate_keys", stdout=StringIO())
    call_command("rotate_keys", stdout=StringIO())

    assert ProviderAccount.objects.get().credentials == account.credentials


def test_a_secret_that_nobody_can_read_stops_it_and_stays(settings: Settings) -> None:
    ProviderAccountFactory.create()
    before = stored()
    settings.CREDENTIAL_KEYS = ["another"]

    with pytest.raises(CommandError, match="none of CREDENTIAL_KEYS"):
        call_command("rotate_keys", stdout=StringIO())

    assert stored() == before
