"""Quiet hours: when a person may be texted, by the clock where the person is.

Where that is follows from the contact's own zone, else from the country of the number; a country with several zones is
quiet while any of them is.
"""

from datetime import datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from audiences.models import Store

# A short quiet walks along the zones of a country (RU has 11 hours of them), a look at each; a long one may leave no
# hour in which all are awake. After so many looks there is none: then the zone that wakes last decides alone, since
# somebody who is never allowed would keep his campaign from ending.
LOOKS = 48


@cache
def zones_of(country: str) -> tuple[str, ...]:
    """The IANA zones of a country (ISO 3166 code), from tzdata's zone.tab; none for a country without land."""
    lines = files("tzdata.zoneinfo").joinpath("zone.tab").read_text().splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return tuple(row[2] for row in rows if row[0] == country)


def candidates(store: Store, *, country: str, time_zone: str) -> tuple[str, ...]:
    """The zones a person may be in: the contact's own, else the country's, else the store's."""
    if time_zone and _exists(time_zone):
        return (time_zone,)
    return zones_of(country) or (store.time_zone,)


def allowed_from(store: Store, *, country: str, time_zone: str, now: datetime) -> datetime | None:
    """None when a person there may be texted at `now`, else the next moment (aware) outside everybody's quiet there."""
    if store.quiet_from is None or store.quiet_until is None or store.quiet_from == store.quiet_until:
        return None
    zones = [ZoneInfo(name) for name in candidates(store, country=country, time_zone=time_zone)]
    moment = now
    for _ in range(LOOKS):
        ends = [end for zone in zones if (end := _quiet_until(moment, zone, store.quiet_from, store.quiet_until))]
        if not ends:
            return moment if moment > now else None
        moment = max(ends)
    last = min(zones, key=lambda zone: now.astimezone(zone).utcoffset() or timedelta())
    return _quiet_until(now, last, store.quiet_from, store.quiet_until)


def _quiet_until(moment: datetime, zone: ZoneInfo, start: time, end: time) -> datetime | None:
    """The end of the quiet that `moment` lies in by the clock of `zone`; None when it lies in none."""
    local = moment.astimezone(zone)
    clock = local.time()
    quiet = start <= clock < end if start < end else clock >= start or clock < end
    if not quiet:
        return None
    day = local.date() if clock < end else local.date() + timedelta(days=1)
    # An hour that the clock skips in spring means the moment after the gap: zoneinfo's fold=0 gives just that. Of an
    # hour that comes twice in autumn it is the first, so that in the second one the quiet may be over already.
    over = datetime.combine(day, end, tzinfo=zone).astimezone(moment.tzinfo)
    return over if over > moment else None


def _exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True
