"""The message log's kinds and outcomes in plain words."""

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
