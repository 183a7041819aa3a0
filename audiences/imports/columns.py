"""Which column of a file is which field of a contact: by its heading, in English or Greek, or as the importer says."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from audiences.fields import CUSTOM_NAME, TEXTS
from config.problems import invalid

CUSTOM = "fields."
FIELDS = ("phone", *TEXTS, "birthday", "gender", "consent")
HEADINGS = {
    "phone": "phone, phone number, mobile, mobile phone, mobile number, cell, cell phone, cellphone, telephone, tel,"
    " msisdn, gsm, sms, κινητο, κινητο τηλεφωνο, αριθμος κινητου, τηλεφωνο, αριθμος τηλεφωνου, τηλ",
    "first_name": "first name, firstname, given name, forename, name, ονομα, μικρο ονομα",
    "last_name": "last name, lastname, surname, family name, επωνυμο, επιθετο",
    "email": "email, e mail, mail, email address, e mail address, ηλεκτρονικη διευθυνση, ηλεκτρονικο ταχυδρομειο",
    "birthday": "birthday, birthdate, birth date, date of birth, dob, γενεθλια, ημερομηνια γεννησης, ημ γεννησης",
    "gender": "gender, sex, φυλο",
    "language": "language, lang, locale, γλωσσα",
    "time_zone": "time zone, timezone, tz, ζωνη ωρας",
    "consent": "consent, opt in, opted in, optin, subscribed, marketing consent, accepts marketing, συγκαταθεση,"
    " συναινεση, εγγεγραμμενος",
}


@lru_cache(maxsize=4096)
def plain(words: str) -> str:
    """Words without case, accents and punctuation."""
    letters = unicodedata.normalize("NFD", words.casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[^\W_]+", bare))


FIELD_OF = {plain(word): field for field, words in HEADINGS.items() for word in words.split(",")}


def field_of(heading: str) -> str | None:
    """The field that a heading names, or None."""
    return FIELD_OF.get(plain(heading))


def headings(cells: Sequence[str]) -> list[str]:
    """The file's columns by name: bounded, printable, each once (`city`, `city (2)`), nameless ones as `column 3`."""
    names: list[str] = []
    for n, cell in enumerate(cells, start=1):
        base = re.sub(r"[\x00-\x1f\x7f]+", " ", cell).strip()[:90] or f"column {n}"
        name, twin = base, 1
        while name in names:
            twin += 1
            name = f"{base} ({twin})"
        names.append(name)
    return names


def mapping(names: Sequence[str], *, stated: Mapping[str, str], custom: Mapping[str, str]) -> dict[str, str]:
    """Column -> field: as `stated` (an empty field leaves a column out), else by the heading, the first one wins.

    `custom`: the store's custom fields. Raises InvalidFields for a stated column or field that does not exist, a field
    named twice, and with code `no_phone_column`.
    """
    chosen = {column: field for column, field in stated.items() if field}
    for column, field in stated.items():
        if column not in names:
            raise invalid("/mapping", f"The file has no column {column!r}; it has {_some(names)}.", code="no_column")
        if field and not _exists(field):
            raise invalid("/mapping", f"There is no field {field!r}.", code="unknown_field")
    if len(set(chosen.values())) < len(chosen):
        raise invalid("/mapping", "Two columns cannot fill the same field.", code="field_twice")
    for guesses in _guesses(custom):
        _guess([name for name in names if name not in stated], guesses, chosen=chosen)
    if "phone" not in chosen.values():
        detail = f"No column is called phone or mobile; the file has {_some(names)}. Say which one with `mapping`."
        raise invalid("/file", detail, code="no_phone_column")
    return chosen


def _guess(names: Sequence[str], guesses: Mapping[str, str], *, chosen: dict[str, str]) -> None:
    for name in names:
        field = guesses.get(plain(name))
        if field and name not in chosen and field not in chosen.values():
            chosen[name] = field


def _guesses(custom: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """What headings mean, the surest first: `fields.size`, our own words, a custom field's bare name."""
    yield {plain(CUSTOM + name): CUSTOM + name for name in custom}
    yield FIELD_OF
    yield {plain(name): CUSTOM + name for name in custom}


def _exists(field: str) -> bool:
    return field in FIELDS or (
        field.startswith(CUSTOM) and CUSTOM_NAME.fullmatch(field.removeprefix(CUSTOM)) is not None
    )


def custom_fields(chosen: Mapping[str, str]) -> list[str]:
    """The names of the custom fields in a mapping."""
    return [field.removeprefix(CUSTOM) for field in chosen.values() if field.startswith(CUSTOM)]


def _some(names: Sequence[str]) -> str:
    return ", ".join(name[:30] for name in names[:10])
