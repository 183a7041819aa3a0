"""The message log's kinds and outcomes, and clicks, in plain words."""

OUTCOMES: dict[tuple[str, str], str] = {
    ("attempt", "accepted"): "The provider accepted the message.",
    ("attempt", "refused"): "The provider refused the message.",
    ("attempt", "unsure"): "The provider's answer was lost: it may have taken the message, so it is not sent again.",
    ("receipt", "delivered"): "Receipt: delivered to the phone.",
    ("receipt", "undelivered"): "Receipt: it did not arrive.",
    ("receipt", "expired"): "Receipt: it could not be delivered in time.",
    ("receipt", "accepted"): "Receipt: the provider has it.",
    ("receipt", "queued"): "Receipt: it waits at the provider.",
    ("receipt", "sent"): "Receipt: it is on its way in the network.",
    ("receipt", "buffered"): "Receipt: the network waits for the phone.",
    ("receipt", "unknown"): "Receipt: a word that we do not know; it is kept and changes nothing.",
    ("decision", "accepted"): "Staff decided on proof that it had been sent.",
    ("decision", "unconfirmed"): "Staff decided that nobody will ever know; the credits went back.",
}

# What gave a robot away ('' for a person) → the step's code and the words.
CLICKS: dict[str, tuple[str, str]] = {
    "": ("human", "They followed a link."),
    "head": ("robot", "A program looked whether a link exists; not counted as a person's click."),
    "prefetch": ("robot", "A link was fetched beforehand; not counted as a person's click."),
    "agent": ("robot", "A preview or a scanner fetched a link; not counted as a person's click."),
    "instant": ("robot", "A link was fetched in the second in which the message left: no person is so quick."),
}
