"""In production webhooks stay outside, and the settings say so before anything starts."""

from django.core import checks
from pytest_django import Settings

from messaging.checks import webhooks_stay_outside


def test_production_does_not_start_with_private_addresses_allowed(settings: Settings) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = True

    [error] = webhooks_stay_outside()

    assert (error.id, error.level) == ("messaging.E001", checks.ERROR)
    assert error in checks.run_checks(include_deployment_checks=True)
    assert error not in checks.run_checks()


def test_by_default_there_is_nothing_to_say() -> None:
    assert webhooks_stay_outside() == []
