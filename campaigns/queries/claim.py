"""Statements of the claim and the calling mark."""

from typing import NamedTuple

from config.sql import execute, fetch, fetch_one


class Turn(NamedTuple):
    """A campaign that has work, in the order in which campaigns are served."""

    campaign_id: int
    store_id: int
    priority: int


class Claimed(NamedTuple):
    """A batch that this worker alone holds until the lease ends. `spent`: hand-overs counted against the budget.

    `account_id`: whom it was handed over to before. `country`: of its phones, empty where routes do not ask for it.
    `version`: another one as soon as the campaign's row or its store's was written.
    """

    batch_id: int
    fence: int
    campaign_id: int
    store_id: int
    reservation_id: int
    attempt: int
    spent: int
    account_id: int | None = None
    country: str = ""
    version: str = ""


def turns(limit: int) -> list[Turn]:
    """Campaigns with a ready batch: by priority, then the store served least lately, then the older campaign.

    Indexes: campaign_live, lane_once, batch_ready. Locks nothing. Empty: nothing is due anywhere. LATERAL: one ready
    batch of each live campaign is looked at; as EXISTS the planner may read all that are ready, a million's worth.
    """
    sql = """
        SELECT c.id, c.store_id, c.priority
          FROM campaigns_campaign c
          JOIN campaigns_storelane l
            ON l.store_id = c.store_id
           AND l.priority = c.priority
          JOIN audiences_store s
            ON s.id = c.store_id
           AND s.status = 'active'
           AND NOT s.sending_stopped
         CROSS JOIN LATERAL (SELECT 1
                               FROM campaigns_sendbatch b
                              WHERE b.campaign_id = c.id
                                AND b.state = 'ready'
                                AND b.ready_at <= statement_timestamp()
                              LIMIT 1) b
         WHERE c.status = 'sending'
         ORDER BY c.priority, l.last_claimed, c.id
         LIMIT %(limit)s
    """
    return fetch(sql, {"limit": limit}, Turn, kept=True)


def claim_batch(*, campaign_id: int, owner: str, lease_seconds: int) -> Claimed | None:
    """Take the campaign's next ready batch for this worker alone: ready -> claimed, a new fence, a lease.

    SKIP LOCKED lets workers pass each other. Index: batch_ready. None when others took what was there. xmin and ctid:
    who wrote a row last, and where it lies; together they never come back (PostgreSQL 18, 5.6 System Columns).
    """
    sql = """
        UPDATE campaigns_sendbatch b
           SET state = 'claimed',
               fence = b.fence + 1,
               claims = b.claims + 1,
               owner = %(owner)s,
               lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
         WHERE b.id = (SELECT n.id
                         FROM campaigns_sendbatch n
                        WHERE n.campaign_id = %(campaign_id)s
                          AND n.state = 'ready'
                          AND n.ready_at <= statement_timestamp()
                        ORDER BY n.ready_at, n.id
                        LIMIT 1
                          FOR UPDATE SKIP LOCKED)
        RETURNING b.id, b.fence, b.campaign_id, b.store_id, b.reservation_id, b.attempt, b.spent,
                  b.account_id, b.country,
                  (SELECT concat_ws(' ', c.xmin, c.ctid, s.xmin, s.ctid)
                     FROM campaigns_campaign c
                     JOIN audiences_store s ON s.id = c.store_id
                    WHERE c.id = b.campaign_id)
    """
    params = {"campaign_id": campaign_id, "owner": owner, "lease": lease_seconds}
    return fetch_one(sql, params, Claimed, kept=True)


class Waiting(NamedTuple):
    """A pending recipient. `contact_id`: None for who is no contact; `phone`: E.164, None once erased."""

    recipient_id: int
    contact_id: int | None
    phone: str | None
    parts: int


def waiting(batch_id: int) -> list[Waiting]:
    """The batch's pending recipients by id. Index: recipient_batch."""
    sql = """
        SELECT id, contact_id, phone, parts
          FROM campaigns_campaignrecipient
         WHERE batch_id = %(batch_id)s
           AND status = 'pending'
         ORDER BY id
    """
    return fetch(sql, {"batch_id": batch_id}, Waiting)


def served(*, store_id: int, priority: int) -> None:
    """Note that the store was just served at this priority. Last statement of the claim: the row is hot."""
    sql = """
        UPDATE campaigns_storelane
           SET last_claimed = clock_timestamp()
         WHERE store_id = %(store_id)s
           AND priority = %(priority)s
    """
    execute(sql, {"store_id": store_id, "priority": priority}, kept=True)


class Soonest(NamedTuple):
    """Seconds from now."""

    seconds: float | None


def soonest_ready() -> float | None:
    """Seconds until the next batch that `turns` would show is due; None when none waits. Index: batch_ready.

    A store that may not send has none: its due batches would be waited for again and again.
    """
    sql = """
        SELECT extract(epoch FROM min(b.ready_at) - statement_timestamp())::float
          FROM campaigns_campaign c
          JOIN audiences_store s
            ON s.id = c.store_id
           AND s.status = 'active'
           AND NOT s.sending_stopped
          JOIN campaigns_sendbatch b
            ON b.campaign_id = c.id
           AND b.state = 'ready'
         WHERE c.status = 'sending'
    """
    row = fetch_one(sql, {}, Soonest)
    return row.seconds if row else None


class Attempt(NamedTuple):
    """The number of the hand-over that was just marked."""

    attempt: int


def mark_calling(*, batch_id: int, fence: int, account_id: int) -> int | None:
    """claimed -> calling, the point of no return: the number of this attempt, or None when it must not be called.

    Only for the holder of the fence, inside his lease, while the campaign is sending. FOR SHARE on the campaign: a
    pause or cancel waits for the mark, or the mark sees it.
    """
    sql = """
        WITH live AS (
            SELECT c.id
              FROM campaigns_campaign c
             WHERE c.id = (SELECT b.campaign_id FROM campaigns_sendbatch b WHERE b.id = %(batch_id)s)
               AND c.status = 'sending'
               FOR SHARE
        )
        UPDATE campaigns_sendbatch b
           SET state = 'calling',
               called_at = clock_timestamp(),
               attempt = b.attempt + 1,
               spent = b.spent + 1,
               account_id = %(account_id)s
          FROM live
         WHERE b.id = %(batch_id)s
           AND b.campaign_id = live.id
           AND b.fence = %(fence)s
           AND b.state = 'claimed'
           AND b.lease_until > clock_timestamp()
        RETURNING b.attempt
    """
    params = {"batch_id": batch_id, "fence": fence, "account_id": account_id}
    marked = fetch_one(sql, params, Attempt, kept=True)
    return marked.attempt if marked else None


def unmark(*, batch_id: int, fence: int) -> bool:
    """calling (or still claimed) -> ready, by the one process that could have called and knows that it did not.

    For a mark whose COMMIT was never answered. The attempt's number stays used. False when somebody else has it.
    """
    sql = """
        UPDATE campaigns_sendbatch
           SET state = 'ready',
               ready_at = statement_timestamp(),
               spent = spent - CASE state WHEN 'calling' THEN 1 ELSE 0 END,
               claims = greatest(claims - 1, 0),
               error = 'the mark was not confirmed, nothing was called'
         WHERE id = %(batch_id)s
           AND fence = %(fence)s
           AND state IN ('claimed', 'calling')
    """
    return bool(execute(sql, {"batch_id": batch_id, "fence": fence}))


def give_back(*, batch_id: int, fence: int, seconds: float, error: str) -> bool:
    """claimed -> ready, to be claimed again in `seconds`: nothing was called, and the claim does not count."""
    sql = """
        UPDATE campaigns_sendbatch
           SET state = 'ready',
               ready_at = statement_timestamp() + make_interval(secs => %(seconds)s),
               claims = greatest(claims - 1, 0),
               error = %(error)s
         WHERE id = %(batch_id)s
           AND fence = %(fence)s
           AND state = 'claimed'
    """
    return bool(execute(sql, {"batch_id": batch_id, "fence": fence, "seconds": seconds, "error": error[:300]}))


def put_off(*, campaign_id: int, seconds: float) -> None:
    """Let the campaign's next ready batch be due in `seconds`: it could not be prepared. It counts as a claim."""
    sql = """
        UPDATE campaigns_sendbatch b
           SET ready_at = statement_timestamp() + make_interval(secs => %(seconds)s),
               claims = b.claims + 1,
               error = 'it could not be prepared; the log says why'
         WHERE b.id = (SELECT n.id
                         FROM campaigns_sendbatch n
                        WHERE n.campaign_id = %(campaign_id)s
                          AND n.state = 'ready'
                          AND n.ready_at <= statement_timestamp()
                        ORDER BY n.ready_at, n.id
                        LIMIT 1
                          FOR UPDATE SKIP LOCKED)
    """
    execute(sql, {"campaign_id": campaign_id, "seconds": seconds})


class Left(NamedTuple):
    """A batch that its worker left, locked until the transaction ends."""

    batch_id: int
    campaign_id: int


def lock_poison(*, claims: int) -> Left | None:
    """Lock one batch whose lease is over for the `claims`-th time without a mark. SKIP LOCKED. Index: batch_open."""
    sql = """
        SELECT id, campaign_id
          FROM campaigns_sendbatch
         WHERE state = 'claimed'
           AND lease_until < clock_timestamp()
           AND claims >= %(claims)s
         ORDER BY lease_until
         LIMIT 1
           FOR UPDATE SKIP LOCKED
    """
    return fetch_one(sql, {"claims": claims}, Left)


def lock_lost_call(*, stale_seconds: float) -> Left | None:
    """Lock one batch whose call is too old. SKIP LOCKED: a settle that is at it wins. Index: batch_open."""
    sql = """
        SELECT id, campaign_id
          FROM campaigns_sendbatch
         WHERE state = 'calling'
           AND called_at < clock_timestamp() - make_interval(secs => %(stale)s)
         ORDER BY called_at
         LIMIT 1
           FOR UPDATE SKIP LOCKED
    """
    return fetch_one(sql, {"stale": stale_seconds}, Left)


def expire_leases(limit: int) -> int:
    """claimed -> ready where the lease is over. Safe: the old owner's mark needs `claimed` and its own fence."""
    sql = """
        UPDATE campaigns_sendbatch
           SET state = 'ready',
               ready_at = statement_timestamp(),
               error = 'the worker that held it went away'
         WHERE id IN (SELECT id
                        FROM campaigns_sendbatch
                       WHERE state = 'claimed'
                         AND lease_until < clock_timestamp()
                       ORDER BY lease_until
                       LIMIT %(limit)s
                         FOR UPDATE SKIP LOCKED)
    """
    return execute(sql, {"limit": limit})
