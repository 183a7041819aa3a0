"""Segments: the live count of five rules over a store's contacts, beside SQL written by hand for just that."""

import time
from statistics import median
from typing import Any

from django.utils import timezone

from audiences.models import ContactList, Store
from audiences.segments.sight import sight_of
from audiences.services.keys import issue_key
from config.opaque import public_id
from config.sql import execute
from messaging.benchmark import crowd
from messaging.benchmark.figures import Figure
from messaging.benchmark.raw.crew import Crew
from messaging.benchmark.roads.timing import timings
from messaging.benchmark.shop import Shop
from messaging.benchmark.stage import Stage

TIMES = 5
YOUNGEST, OLDEST, DAYS, SIZE = 25, 54, 30, 38
# One in six women … of whom half are on the list; every second contact got a campaign.
PEOPLE = """
    INSERT INTO audiences_contact
           (store_id, phone, phone_hash, country, first_name, last_name, email, birthday, gender, language, time_zone,
            fields, consent, consent_at, consent_source, created_at, updated_at)
    SELECT %(store)s, '+30' || (6800000000 + n), decode(md5(n::text), 'hex'), 'GR', 'Anna', '', '',
           CASE WHEN n %% 5 > 0 THEN date '1950-01-01' + (n * 7919 %% 20000)::integer END,
           (ARRAY['female', 'male', 'other', ''])[1 + n * 31 %% 4], 'el', '',
           jsonb_build_object('shoe_size', 35 + n * 13 %% 12), 'opted_in', now(), 'benchmark', now(),
           now() - n * interval '1 second'
      FROM generate_series(1::bigint, %(people)s) AS n
"""
MEMBERS = """
    INSERT INTO audiences_listmembership (list_id, contact_id, added_at)
    SELECT %(list)s, c.id, now() FROM audiences_contact c WHERE c.store_id = %(store)s AND c.id / 4 %% 2 = 0
"""


def run(stage: Stage, people: int) -> list[Figure]:
    """Both the same number of times, in turn with the machine's moods."""
    shop = _shop(stage, people)
    segment, task = _segment(shop)
    with Crew("segment", **task) as crew:
        raw, [found] = crew.go()
    address = f"segments/{segment}?fields=count"
    counted = shop.ask("GET", address).body["count"]
    if counted != found["count"]:
        raise RuntimeError(f"the segment has {counted} contacts, the baseline {found['count']}")
    count = timings(lambda: shop.ask("GET", address), times=TIMES)
    rules = shop.ask("GET", f"segments/{segment}?fields=rules").body
    preview = shop.ask("POST", "segments/preview", rules)
    quote = shop.ask("POST", "campaigns/quote", {"message": crowd.MESSAGE, "audience": {"segment": segment}})
    return [
        Figure("count of five rules", "ms", median(count), raw * 1000 / TIMES, "less"),
        Figure("preview of five rules", "ms", preview.seconds * 1000, None, "less"),
        Figure("quote for the segment", "ms", quote.seconds * 1000, None, "less"),
    ]


def _shop(stage: Stage, people: int) -> Shop:
    """A store of its own with so many different contacts; made the first time."""
    shops = stage.varied
    if people not in shops:
        store = crowd.make_store("Segments")
        Store.objects.filter(pk=store.pk).update(custom_fields={"shoe_size": "number"})
        execute("SET statement_timeout = 0", {})
        execute(PEOPLE, {"store": store.pk, "people": people})
        listed = ContactList.objects.create(store=store, name="Regulars")
        execute(MEMBERS, {"store": store.pk, "list": listed.pk})
        key = issue_key(store=store, name="benchmark", scopes=["read", "send", "admin"], actor=crowd.ACTOR)
        shops[people] = Shop(store_id=store.pk, api_key=key.plain, people=people)
        crowd.sent_campaign(shops[people], people=max(1, people // 2), status="delivered")
        execute("VACUUM ANALYZE audiences_listmembership", {})
        crowd.settle_down()
    return shops[people]


def _segment(shop: Shop) -> tuple[str, dict[str, Any]]:
    """The store's segment, and the baseline's task."""
    listed = ContactList.objects.get(store_id=shop.store_id)
    rules = [
        {"rule": "gender", "is": "female"},
        {"rule": "age", "between": [YOUNGEST, OLDEST]},
        {"rule": "fields.shoe_size", "at_least": SIZE},
        {"rule": "list", "on": public_id(listed.pk, kind="lst")},
        {"not": {"rule": "sent", "in_last_days": DAYS}},
    ]
    name = f"Five rules, {time.time_ns()}"  # one for each repetition
    made = shop.ask("POST", "segments", {"name": name, "rules": {"and": rules}}).body["id"]
    sight = sight_of(Store.objects.get(pk=shop.store_id), at=timezone.now())
    task = {
        "store": shop.store_id,
        "list": listed.pk,
        "size": SIZE,
        "after": sight.today.replace(year=sight.today.year - OLDEST - 1).isoformat(),
        "until": sight.today.replace(year=sight.today.year - YOUNGEST).isoformat(),
        "since": sight.start_of(sight.ago(DAYS)).isoformat(),
        "times": TIMES,
    }
    return str(made), task
