"""From what a clock shows to the moment itself: in the store's zone, or where each recipient is.

A time that the clock skips in spring is the first moment after the gap; of a time that comes twice in autumn it is the
first. So 03:30 on the day Athens skips 03:00 to 04:00 is 04:00.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from audiences.models import Store
from audiences.quiet_hours import candidates
from campaigns.models import Campaign
from campaigns.people import people
from config.sql import roomy

SECOND = timedelta(seconds=1)


class Place(NamedTuple):
    """What tells a contact's zone: the country of the number (ISO 3166), and the contact's own zone if it is known."""

    country: str
    time_zone: str


def instant(moment: datetime, *, zone: str) -> datetime:
    """The moment in UTC when a clock in `zone` (IANA name) shows `moment`; of an aware `moment` that very one."""
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    place = ZoneInfo(zone)
    first, second = (moment.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1))
    # By PEP 495 the two differ where the clock changes; only in a gap does the "first" come later.
    return _end_of_gap(place, before=second, after=first) if second < first else first


def _end_of_gap(zone: ZoneInfo, *, before: datetime, after: datetime) -> datetime:
    """The second at which the offset changes, between two moments around it."""
    before, old = before.replace(microsecond=0), before.astimezone(zone).utcoffset()
    while after - before > SECOND:
        middle = before + (after - before) // 2
        middle = max(middle.replace(microsecond=0), before + SECOND)
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def shown(moment: datetime, *, zone: str) -> datetime:
    """What a clock in `zone` shows at a moment, without the zone; a naive `moment` is that already."""
    return moment if moment.tzinfo is None else moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def released(wall: datetime, place: Place, *, store: Store) -> datetime:
    """When somebody there may be texted who is meant at `wall` (naive) by the own clock.

    The zone is the contact's own; else, in a country with several, the store's if that is one of them; else it is the
    moment when the hour has come in all of them, so that nobody is texted before it.
    """
    zones = candidates(store, country=place.country, time_zone=place.time_zone)
    certain = (store.time_zone,) if store.time_zone in zones else zones
    return max(instant(wall, zone=zone) for zone in certain)


def releases(campaign: Campaign) -> Callable[[str, str], datetime | None]:
    """country, time zone -> from when on such a contact may be texted; always None without recipients' clocks."""
    if not campaign.local_at:
        return lambda country, time_zone: None
    wall, store = datetime.fromisoformat(campaign.local_at), campaign.store

    @cache
    def not_before(country: str, time_zone: str) -> datetime:
        return released(wall, Place(country, time_zone), store=store)

    return not_before


def places(campaign: Campaign) -> Iterable[Place]:
    """Where the recipients of the campaign's audience are, each place once.

    One pass over the audience: 0.5 s for a million.
    """
    members = people(store=campaign.store, audience_stored=campaign.audience, kind=campaign.kind)
    rows = members.filter(exclusion=None).order_by().values_list("country", "time_zone").distinct()
    with roomy():
        return [Place(*row) for row in rows]
