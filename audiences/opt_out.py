"""The line that says how to get no more messages: a store's own words, and what a new store begins with.

Greek is written in the capitals that GSM-7 has: in small letters this line alone would make every message UCS-2.
"""

from config.problems import invalid

OPT_OUT_MAX = 60
OPT_OUT_LINK = "{{opt_out_link}}"  # the address of the recipient's own opt-out page
_ENGLISH = "Opt out: reply STOP"
_GREEK = "ΔIAΓPAΦH: STOP"
_BY_COUNTRY = {
    "GR": _GREEK,
    "CY": _GREEK,
    "DE": "Abmelden: STOP",
    "AT": "Abmelden: STOP",
    "ES": "Baja: STOP",
    "IT": "Per cancellarti: STOP",
    "FR": "Refus: STOP",
}


def default_opt_out_text(country: str) -> str:
    """What a store in this country (ISO 3166 code) begins with: a short line of GSM-7 characters alone."""
    return _BY_COUNTRY.get(country, _ENGLISH)


def check_opt_out_text(text: str) -> None:
    """Raise InvalidFields unless it is one line without placeholders but OPT_OUT_LINK; empty: the store needs none."""
    if len(text) > OPT_OUT_MAX:
        raise invalid("/opt_out_text", f"At most {OPT_OUT_MAX} characters; this has {len(text)}.", code="max_length")
    if not text.isprintable() or text != text.strip():
        raise invalid("/opt_out_text", "One line, without control characters and outer spaces.", code="one_line")
    rest = text.replace(OPT_OUT_LINK, "")
    if "{{" in rest or "}}" in rest:
        raise invalid("/opt_out_text", f"It is the same for everybody: only {OPT_OUT_LINK}.", code="placeholder")
