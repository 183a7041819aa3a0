"""Accounts whose receipts are late: they take messages and nobody knows whether these arrive."""

from typing import NamedTuple

from django.conf import settings

from config.sql import fetch
from messaging.models import ProviderAccount
from messaging.routes.health import move_away

AT_LEAST = 100  # messages: fewer prove nothing
BATCHES = 20  # of one account that are looked at
WINDOW_SECONDS = 1200


class Late(NamedTuple):
    """What an account took some time ago: messages, and those of them without any final word."""

    account_id: int
    taken: int
    silent: int


def move_from_slow() -> dict[str, int]:
    """Let other accounts go before those whose receipts are late. {looked, moved}.

    Away until what was looked at now is too old to be looked at: else it would be moved for the same again.
    """
    found = late()
    slow = [one for one in found if one.taken >= AT_LEAST and one.silent > settings.ROUTE_SLOW_SHARE * one.taken]
    accounts = ProviderAccount.objects.in_bulk([one.account_id for one in slow])
    minutes = settings.ROUTE_SLOW_AFTER_SECONDS // 60
    moved = [
        move_away(
            accounts[one.account_id],
            reason=f"receipts are late: {one.silent} of {one.taken} messages have none after {minutes} minutes",
            seconds=WINDOW_SECONDS,
        )
        for one in slow
    ]
    return {"looked": len(found), "moved": sum(moved)}


def late() -> list[Late]:
    """Per active account that gives receipts: its latest batches of the window. Indexes: batch_poll, recipient batch.

    What the poller asked after is left out: those were silent for longer than the window.
    """
    sql = """
        SELECT a.id, count(*), count(*) FILTER (WHERE r.status = 'sent')
          FROM messaging_provideraccount a
         CROSS JOIN LATERAL (SELECT b.id
                               FROM campaigns_sendbatch b
                              WHERE b.state IN ('done', 'ambiguous')
                                AND b.polled_at IS NULL
                                AND b.settled_at < statement_timestamp() - make_interval(secs => %(after)s)
                                AND b.settled_at > statement_timestamp() - make_interval(secs => %(until)s)
                                AND b.account_id = a.id
                              ORDER BY b.settled_at DESC
                              LIMIT %(batches)s) b
          JOIN campaigns_campaignrecipient r
            ON r.batch_id = b.id
           AND r.status IN ('sent', 'delivered', 'undelivered')
         WHERE a.status = 'active'
           AND a.on_ambiguous <> 'never'
         GROUP BY a.id
         ORDER BY a.id
    """
    after = settings.ROUTE_SLOW_AFTER_SECONDS
    return fetch(sql, {"after": after, "until": after + WINDOW_SECONDS, "batches": BATCHES}, Late)
