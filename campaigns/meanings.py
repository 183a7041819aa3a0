"""What states and reasons mean to a merchant: plain words, and what to do. Codes are for programs, these for people."""

from typing import NamedTuple

from campaigns.services.again import WORTH_RETRYING


class Meaning(NamedTuple):
    """A title, what happened, and what can be done about it."""

    title: str
    words: str
    advice: str


FAILURES: dict[str, Meaning] = {
    "invalid_number": Meaning(
        "The number does not exist",
        "The provider says that this number cannot receive messages.",
        "Check the number with the customer, or remove it. Trying again does not help.",
    ),
    "blocked_by_carrier": Meaning(
        "Blocked by the carrier",
        "The recipient's network refused the message: its text, its links or your sender name are not accepted there.",
        "Change the text or the sender name; ask for the sender to be registered in that country.",
    ),
    "unreachable": Meaning(
        "The phone could not be reached",
        "The phone was off or out of reach for as long as the network kept trying.",
        "Try again at another hour. Remove numbers that are never reached.",
    ),
    "provider_rejected": Meaning(
        "Refused by the provider",
        "The provider did not accept the message, for a reason that does not pass by itself.",
        "Look at the provider's code below and change the message; then send a new campaign.",
    ),
    "provider_error": Meaning(
        "The provider had a fault",
        "The provider answered that something was wrong on its side.",
        "Try again: this usually passes.",
    ),
    "route_down": Meaning(
        "No way to the network",
        "The provider could not reach the network of the recipient.",
        "Try again later.",
    ),
    "exhausted": Meaning(
        "Given up after several attempts",
        "The provider put the messages off until no attempt was left.",
        "Try again when the provider is well; the status page says so.",
    ),
    "expired": Meaning(
        "Too late",
        "The message could not be delivered in the time that it was valid.",
        "Try again if the message is still of use.",
    ),
    "other": Meaning(
        "Another reason",
        "The provider gave a reason that we do not know.",
        "Look at the provider's code below, and ask support with it.",
    ),
}
SKIPS: dict[str, Meaning] = {
    "opted_out": Meaning(
        "Opted out", "They asked for no more messages, or never agreed to any.", "Nothing: that is their right."
    ),
    "suppressed": Meaning(
        "On the suppression list",
        "Their number must not be texted: erased, complained about, blocked by staff, or no marketing wanted.",
        "Nothing.",
    ),
    "quiet_hours": Meaning("Quiet hours", "It was night where they are for too long.", "Send earlier in the day."),
    "frequency_cap": Meaning(
        "Enough messages already", "They had as many messages as your cap allows.", "Send later, or raise the cap."
    ),
    "missing_field": Meaning(
        "A field was empty",
        "The text uses a field that they have no value for, and you chose to skip them.",
        "Give the placeholder a default, or complete the contacts.",
    ),
    "duplicate": Meaning("Twice in the audience", "The same number had the message already.", "Nothing."),
    "cancelled": Meaning("Cancelled", "The campaign was cancelled before their turn.", "Send a new campaign."),
}
STATUSES: dict[str, str] = {
    "pending": "Waiting to be sent.",
    "sent": "Accepted by the provider; the network has not said yet whether it arrived.",
    "delivered": "Delivered to the phone.",
    "undelivered": "Accepted by the provider, but it did not arrive.",
    "failed": "Not sent, and not charged.",
    "skipped": "Left out, and not charged.",
    "unknown": "Handed over, but the provider's answer was lost: it may have arrived. It is not sent a second time.",
    "unconfirmed": "Nobody ever said whether it arrived; the credits went back.",
    "cancelled": "Cancelled before it was sent, and not charged.",
}
BATCHES: dict[str, str] = {
    "ready": "Waiting for its turn.",
    "claimed": "Being prepared.",
    "calling": "Being handed to the provider.",
    "ambiguous": "Handed over, but the provider's answer was lost; we are finding out.",
    "done": "Handed over.",
    "dead": "Given up: the provider did not take it.",
    "cancelled": "Cancelled before it was sent.",
}
EVENTS: dict[str, str] = {
    "create": "Written.",
    "edit": "Changed.",
    "schedule": "Planned for later.",
    "unschedule": "Taken back to draft.",
    "launch": "Started; the credits are held.",
    "pause": "Paused: what was at a worker still leaves, nothing else does.",
    "resume": "Goes on where it was paused.",
    "cancel": "Cancelled: nothing more leaves, and what is left of the hold comes back.",
    "complete": "Finished: everybody had their turn.",
    "fail": "Failed: no message was accepted.",
    "rerouted": "Another provider carries it on; nobody whose outcome is unsure is sent to again.",
    "retry": "The failed ones are tried again, on a hold of their own.",
}


def failure(reason: str) -> Meaning:
    """What an error class means; a class that we do not know is `other`."""
    return FAILURES.get(reason, FAILURES["other"])


def skip(reason: str) -> Meaning:
    """What a reason to skip means; an error class may stand there too."""
    return SKIPS.get(reason) or failure(reason)


def event(name: str) -> str:
    """What a line of the history means; the name itself when it has no words yet."""
    return EVENTS.get(name, name.replace("_", " ").capitalize() + ".")


def retryable(reason: str) -> bool:
    """Whether trying again may help."""
    return reason in WORTH_RETRYING
