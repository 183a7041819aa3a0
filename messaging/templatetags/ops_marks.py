"""How the ops console's own pages show values."""

from django import template

from config.ops.marks import badge

register = template.Library()
register.filter("badge", badge)


@register.filter
def seconds(value: float | None) -> str:
    """A span in the unit that one reads at a glance: 42 s, 7 min, 3 h, 2 d."""
    if value is None:
        return "–"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if value >= 2 * size:
            return f"{value / size:.0f} {unit}"
    return f"{value:.0f} s"
