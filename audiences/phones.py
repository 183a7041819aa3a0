"""Phone numbers: E.164 or a refusal with a code, never a guess. phonenumberslite is the judge."""

import hashlib
import re
from functools import cache
from typing import NamedTuple

import phonenumbers
from django.conf import settings
from django.utils.translation import gettext_noop as _
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumber, PhoneNumberType, ValidationResult

CODES = {
    "empty": _("There is no phone number."),
    "not_a_number": _("This is not a phone number."),
    "too_short": _("The phone number is too short."),
    "too_long": _("The phone number is too long."),
    "unknown_country": _("The phone number's country is not known."),
    "not_mobile": _("The phone number cannot receive texts."),
    "invalid": _("The phone number does not exist in its country."),
}

# What people write between digits; anything else (letters, "#", "ext.", 6.9E+11) is not a number that we guess at.
WRITTEN = re.compile(r"[+\uff0b]?[\d\s().\-/\u2010-\u2015\u2212\u00b7]+")
INVISIBLE = (
    "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"  # pasted from address books
)
UNSEEN = str.maketrans("", "", INVISIBLE)
BETWEEN = str.maketrans("", "", " -().\u00a0" + INVISIBLE)
MAIN_REGIONS = {str(code): regions[0] for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()}
MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}

PARSE_CODES = {
    NumberParseException.INVALID_COUNTRY_CODE: "unknown_country",
    NumberParseException.NOT_A_NUMBER: "not_a_number",
    NumberParseException.TOO_SHORT_AFTER_IDD: "too_short",
    NumberParseException.TOO_SHORT_NSN: "too_short",
    NumberParseException.TOO_LONG: "too_long",
}
LENGTH_CODES = {
    ValidationResult.INVALID_COUNTRY_CODE: "unknown_country",
    ValidationResult.TOO_SHORT: "too_short",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "too_short",
    ValidationResult.TOO_LONG: "too_long",
    ValidationResult.INVALID_LENGTH: "invalid",
}


class Phone(NamedTuple):
    """A mobile number in E.164, and the ISO 3166 code of its country."""

    e164: str
    country: str


class BadPhone(ValueError):
    """A phone number that was refused; `code` is a key of CODES."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(CODES[code])


def normalise(text: str, *, country: str) -> Phone:
    """The phone that `text` means when written in `country` (ISO 3166). Raises BadPhone."""
    home = _usual_mobile(country)
    if home is not None and (match := home.pattern.fullmatch(text)):
        return Phone(home.prefix + match[1], country)
    bare = text.translate(BETWEEN)
    if not bare:
        raise BadPhone("empty")
    if home is not None and (match := home.pattern.fullmatch(bare)):
        return Phone(home.prefix + match[1], country)
    return _from_abroad(bare, country=country) or judge(text, country=country)


def _from_abroad(bare: str, *, country: str) -> Phone | None:
    """A usual mobile number of any country, dialled with its calling code."""
    if bare[0] == "+":
        dialled = bare[1:]
    elif bare[:2] == "00" and _dials_abroad_with_zeros(country):
        dialled = bare[2:]
    else:
        return None
    for digits in (2, 3, 1):  # no calling code begins like another
        if region := MAIN_REGIONS.get(dialled[:digits]):
            pattern = _national_mobile(region)
            found = pattern.fullmatch(dialled, digits) if pattern else None
            return Phone(f"+{dialled}", region) if found else None
    return None


def judge(text: str, *, country: str) -> Phone:
    """As `normalise`, by the library alone (30 times slower than the pattern of the usual mobile numbers)."""
    number = _parse(text.translate(UNSEEN).strip(), country=country)
    if code := LENGTH_CODES.get(phonenumbers.is_possible_number_with_reason(number)):
        raise BadPhone(code)
    kind, region = phonenumbers.number_type(number), phonenumbers.region_code_for_number(number)
    if kind == PhoneNumberType.UNKNOWN or region is None:
        reason = phonenumbers.is_possible_number_for_type_with_reason(number, PhoneNumberType.MOBILE)
        raise BadPhone(LENGTH_CODES.get(reason, "invalid"))
    if len(region) != 2 or not region.isalpha():  # "001": satellite and other numbers of no country
        raise BadPhone("unknown_country")
    if kind not in MOBILE:
        raise BadPhone("not_mobile")
    return Phone(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), region)


def _parse(text: str, *, country: str) -> PhoneNumber:
    if not WRITTEN.fullmatch(text):
        raise BadPhone("not_a_number" if text else "empty")
    try:
        return phonenumbers.parse(text, country)
    except NumberParseException as error:
        raise BadPhone(PARSE_CODES[error.error_type]) from None


class _Usual(NamedTuple):
    prefix: str
    pattern: re.Pattern[str]


@cache
def _usual_mobile(country: str) -> _Usual | None:
    """How a country's mobile numbers are written there: alone, or with its own calling code. Group 1 is the number."""
    about, national = PhoneMetadata.metadata_for_region(country, None), _national_mobile(country)
    if about is None or national is None:
        return None
    code = about.country_code
    dialled = f"(?:\\+{code}|00{code})?" if about.international_prefix == "00" else f"(?:\\+{code})?"
    return _Usual(f"+{code}", re.compile(f"{dialled}({national.pattern})", re.ASCII))


@cache
def _dials_abroad_with_zeros(country: str) -> bool:
    about = PhoneMetadata.metadata_for_region(country, None)
    return about is not None and about.international_prefix == "00"


@cache
def _national_mobile(country: str) -> re.Pattern[str] | None:
    """The pattern of a country's mobile numbers from the library's own metadata, written plainly.

    None where the library does more than match: in countries that are not the first of those that share their calling
    code. What it would strip (dialling prefixes) or call another type first (premium, pager …) does not match and is
    left to `judge`.
    """
    about = PhoneMetadata.metadata_for_region(country, None)
    if about is None or MAIN_REGIONS.get(str(about.country_code)) != country or about.leading_digits:
        return None
    mobile, sooner = about.mobile, [about.premium_rate, about.toll_free, about.shared_cost, about.voip, about.pager]
    if mobile is None or not mobile.national_number_pattern or not mobile.possible_length:
        return None
    sooner += [about.personal_number, about.uan, about.voicemail]
    other = [f"(?:{kind.national_number_pattern})$" for kind in sooner if kind and kind.national_number_pattern]
    stripped = [prefix for prefix in (about.international_prefix, about.national_prefix_for_parsing, "0") if prefix]
    lengths = "|".join(f"[0-9]{{{length}}}$" for length in mobile.possible_length)
    never = "|".join([*(f"(?:{prefix})" for prefix in stripped), *other])
    pattern = f"(?!{never})(?={lengths})(?:{mobile.national_number_pattern})"
    return re.compile(_uncaptured(pattern), re.ASCII)


def _uncaptured(pattern: str) -> str:
    """The pattern with groups that capture nothing, so that it can stand in a group."""
    return re.sub(r"\((?!\?)", "(?:", pattern)


@cache
def _hasher(key: str) -> "hashlib.blake2b":
    derived = hashlib.blake2b(key.encode(), digest_size=32, person=b"heliograph-phone").digest()
    return hashlib.blake2b(key=derived, digest_size=16)


def phone_hash(e164: str) -> bytes:
    """The keyed hash (BLAKE2b, 16 bytes) by which the suppression list knows a phone after the phone itself is gone."""
    hasher = _hasher(settings.SUPPRESSION_KEY).copy()
    hasher.update(e164.encode())
    return hasher.digest()


def mask(e164: str) -> str:
    """A phone for pages and messages that need not know it: the country's first digits and the last two."""
    return f"{e164[:4]}{'*' * max(len(e164) - 6, 0)}{e164[-2:]}"
