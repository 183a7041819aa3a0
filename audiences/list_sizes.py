"""How many people are on lists."""

from collections.abc import Collection
from typing import NamedTuple

from config.sql import fetch

COUNTED = 100_000  # members of one list: more are not counted, for a page that only wants to show a number


class Size(NamedTuple):
    """Members of a list; `more` when there are more than COUNTED."""

    list_id: int
    members: int
    more: bool


def sizes(list_ids: Collection[int]) -> dict[int, Size]:
    """list → its size, for the lists of a page. Index: membership_once, at most COUNTED entries of each."""
    sql = """
        SELECT l.id, least(n.members, %(most)s::bigint), n.members > %(most)s::bigint
          FROM unnest(%(ids)s::bigint[]) AS l (id)
         CROSS JOIN LATERAL (SELECT count(*) AS members
                               FROM (SELECT FROM audiences_listmembership m
                                      WHERE m.list_id = l.id
                                      LIMIT %(most)s::bigint + 1) AS counted) AS n
    """
    return {size.list_id: size for size in fetch(sql, {"ids": list(list_ids), "most": COUNTED}, Size)}
