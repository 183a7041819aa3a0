"""The wire formats that the simulator speaks, all at once, each on its provider's own addresses."""

from typing import Any, Final

from providers.simulator.dialect import Dialect
from providers.simulator.mitto import Mitto
from providers.simulator.sinch import Sinch
from providers.simulator.twilio import Twilio

DIALECTS: Final[dict[str, Dialect]] = {each.name: each for each in (Mitto(), Twilio(), Sinch())}


def sends(path: str) -> Dialect | None:
    """The format of a POST to this path; None when it hands nothing over."""
    return next((each for each in DIALECTS.values() if each.is_send(path)), None)


def looks_up(path: str) -> Dialect | None:
    """The format of a GET of this path; None when it asks for no message."""
    return next((each for each in DIALECTS.values() if each.is_look_up(path)), None)


def dialect_of(message: dict[str, Any]) -> Dialect:
    """The format in which a message came in, and in which its receipts go out."""
    return DIALECTS[message.get("dialect", "mitto")]
