"""The one place that lists the providers we speak to. A new one: its module, a line here, its contract test."""

from collections.abc import Callable
from typing import Final

from providers.interface import AccountConfig, Provider
from providers.mitto import Mitto
from providers.sinch import Sinch
from providers.twilio import Twilio

PROVIDERS: Final[dict[str, Callable[[AccountConfig], Provider]]] = {each.name: each for each in (Mitto, Twilio, Sinch)}


def build(name: str, config: AccountConfig) -> Provider:
    """The adapter for one account. KeyError: no such provider. BadConfig: the settings cannot work."""
    return PROVIDERS[name](config)
