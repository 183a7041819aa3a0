"""How the ops console's own pages show values."""

from collections.abc import Sequence

from django import template
from django.utils.safestring import SafeString

from config.ops.marks import about, badge
from messaging.ops.charts import Hour, area, bars

register = template.Library()
register.filter("badge", badge)
register.filter("about", about)


@register.filter
def seconds(value: float | None) -> str:
    """A span in the unit that one reads at a glance: 42 s, 7 min, 3 h, 2 d."""
    if value is None:
        return "–"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if value >= 2 * size:
            return f"{value / size:.0f} {unit}"
    return f"{value:.0f} s"


@register.filter
def hours_chart(day: Sequence[Hour]) -> SafeString:
    """24 hours as bars."""
    return bars(day)


@register.filter
def minutes_chart(rates: Sequence[int]) -> SafeString:
    """An hour as an area."""
    return area(rates)


@register.filter
def share(part: int, whole: int) -> str:
    """A share in per cent with one digit; a dash of nothing."""
    return f"{100 * part / whole:.1f} %" if whole else "–"
