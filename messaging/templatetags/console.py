"""How values look in the console."""

import json
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, get_language_info, gettext

from config.opaque import public_id
from messaging.console.words import CODES, TONES, name_of

register = template.Library()
NOTHING = "–"
# Of a moment: its day, and its time of day.
SHAPES = {"stamp": ("j M", ", %H:%M:%S"), "day": ("j M Y", ""), "hour": ("", "%H:%M")}
# A page says the same words, days and numbers again and again, and Django takes 10 to 40 µs for each.
remembered = lru_cache(maxsize=4096, typed=True)


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """A sign of the sprite; it says nothing to a screen reader."""
    address = f"{static('console/icons.svg')}#{name}"
    return format_html('<svg class="icon" aria-hidden="true" focusable="false"><use href="{}"/></svg>', address)


@register.simple_tag(takes_context=True)
def menu(context: template.RequestContext) -> SafeString:
    """Where one can go: the same at the side and, on a phone, at the top, hence written once per page."""
    request = context["request"]
    if not hasattr(request, "menu"):
        request.menu = template.Engine.get_default().get_template("console/parts/menu.html").render(context)
    text: SafeString = request.menu
    return text


@register.filter
def number(value: Any) -> str:
    """A number with the separators of the language: 48,210; a dash for nothing."""
    return NOTHING if value is None or value == "" else _number(value, get_language())


@remembered
def _number(value: Any, language: str | None) -> str:
    return formats.number_format(value, force_grouping=True)


@register.filter
def percent(value: float | None) -> str:
    """A share from 0 to 1, as per cent with one digit."""
    return NOTHING if value is None else f"{formats.number_format(100 * value, decimal_pos=1)} %"


@register.filter
def seconds(value: float | None) -> str:
    """A duration as people say it: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min."""
    if value is None:
        return NOTHING
    if value < 10:
        return f"{formats.number_format(value, decimal_pos=1)} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


@register.filter
def moment(value: Any, shape: str = "SHORT") -> SafeString:
    """A moment in the store's zone; the shapes are "SHORT", "stamp" with seconds, "hour" and "day" alone."""
    at = parse_datetime(value) if isinstance(value, str) else value
    if not isinstance(at, datetime):
        return SafeString(NOTHING)
    local = timezone.localtime(at)
    day, time = SHAPES.get(shape, ("j M Y", ", %H:%M"))
    language = get_language()
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        f"{_day(local.date(), 'j M Y', language)}, {local:%H:%M:%S} {local.tzname()}",
        f"{_day(local.date(), day, language) if day else ''}{local.strftime(time)}",
    )


@remembered
def _day(day: date, shape: str, language: str | None) -> str:
    return formats.date_format(day, shape)


@register.filter
def called(word: str) -> str:
    """How a state, reason, role or field is called."""
    return name_of(word) if word else ""


@register.filter
def badge(word: str) -> SafeString:
    """A state as a coloured pill."""
    return _badge(word, get_language()) if word else SafeString("")


@remembered
def _badge(word: str, language: str | None) -> SafeString:
    pulse = SafeString(" data-pulse") if word in ("sending", "running") else ""
    return format_html('<span class="badge" data-tone="{}"{}>{}</span>', TONES.get(word, ""), pulse, name_of(word))


@register.filter
def tone(word: str) -> str:
    """Whether a state is good news."""
    return TONES.get(word, "")


@register.filter
def said(text: str) -> str:
    """A sentence of the API in the language of the page, where it has been translated."""
    return gettext(text) if text else ""


@register.filter
def meaning(problem: dict[str, Any]) -> str:
    """What a refusal means: the API's own English, or the words of the page's language for its code."""
    known = get_language() != "en" and CODES.get(problem["code"])
    return str(known or problem["detail"])


@register.filter
def money(cents: int, currency: str) -> str:
    """An amount of money: 1,240.00 EUR."""
    return f"{formats.number_format(cents / 100, decimal_pos=2, force_grouping=True)} {currency}"


@register.filter
def item(mapping: dict[str, Any], name: str) -> Any:
    """A member by its name; nothing when there is none."""
    return mapping.get(name)


@register.filter
def actor(text: str) -> str:
    """Who did it, shortly: people, keys, the house."""
    kind = text.partition(":")[0]
    names = {"user": gettext("a member"), "staff": gettext("support"), "key": gettext("an API key")}
    return names.get(kind, gettext("the system"))


@register.filter
def public(key: int, kind: str) -> str:
    """The opaque id of a row."""
    return public_id(key, kind=kind)


@register.filter
def unlocal(value: float) -> str:
    """A number as machines write it: a point, whatever the language."""
    return str(round(value, 3))


@register.filter
def unlocal_or_empty(value: float | str | None) -> str:
    """As `unlocal`; nothing for nothing."""
    return unlocal(value) if isinstance(value, (int, float)) else value or ""


@register.filter
def words(text: str) -> list[str]:
    """The words of a text, to loop over."""
    return text.split()


@register.filter
def field_label(field: str) -> str:
    """How a field of an import is called."""
    return name_of(field.removeprefix("fields.")) if field else ""


@register.filter
def language(code: str) -> str:
    """What a language calls itself; one that nobody here knows is its code."""
    try:
        return str(get_language_info(code)["name_local"]).capitalize()
    except KeyError:
        return code


@register.filter
def pretty(body: Any) -> str:
    """JSON for people."""
    return json.dumps(body, indent=2, ensure_ascii=False, default=str)
