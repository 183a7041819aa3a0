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
    bare = text.translate(BETWEEN)
    if not bare:
        raise BadPhone("empty")
    usual = _usual_mobile(country)
    if usual is not None and (match := usual.pattern.fullmatch(bare)):
        return Phone(usual.prefix + match[1], country)
    return judge(text, country=country)


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
    """The pattern of a country's mobile numbers from the library's own metadata, written plainly.

    None where the library does more than match: calling codes shared by countries. What it would strip (dialling
    prefixes) or call another type first (premium, pager …) does not match and is left to `judge`.
    """
    about = PhoneMetadata.metadata_for_region(country, None)
    if about is None or len(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[about.country_code or 0]) > 1:
        return None
    mobile, sooner = about.mobile, [about.premium_rate, about.toll_free, about.shared_cost, about.voip, about.pager]
    if mobile is None or not mobile.national_number_pattern or not mobile.possible_length:
        return None
    sooner += [about.personal_number, about.uan, about.voicemail]
    other = [f"(?:{kind.national_number_pattern})$" for kind in sooner if kind and kind.national_number_pattern]
    stripped = [prefix for prefix in (about.international_prefix, about.national_prefix_for_parsing, "0") if prefix]
    lengths = "|".join(f"[0-9]{{{length}}}$" for length in mobile.possible_length)
    never = "|".join([*(f"(?:{prefix})" for prefix in stripped), *other])
    dialled = f"(?:\\+{about.country_code}" + (
        f"|00{about.country_code})?" if about.international_prefix == "00" else ")?"
    )
    return _Usual(
        f"+{about.country_code}",
        re.compile(f"{dialled}((?!{never})(?={lengths})(?:{_uncaptured(mobile.national_number_pattern)}))", re.ASCII),
    )


def _uncaptured(pattern: str) -> str:
    """The pattern with groups that capture nothing, so that group 1 is the whole number."""
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
