"""The end of a campaign: found by whoever drained it, or by a sweep."""

from django.db import transaction

from campaigns import history
from campaigns.hold import release_rest
from campaigns.models import Campaign
from campaigns.queries.finish import drained_campaigns, finish_if_drained, standing, take_batch_of_cancelled
from campaigns.queries.progress import count_moves
from campaigns.queries.receipts import close_resolved
from campaigns.queries.settle import move_pending
from campaigns.states import CAMPAIGN_LIVE
from config.audit import SYSTEM
from config.failpoints import reach


def finish(campaign_id: int) -> bool:
    """Complete (or fail) the campaign if nothing of it is open; then give the rest of its hold back.

    Call it after the settle has committed, never inside: two last workers would each see the other's rows open and
    nobody would finish. A campaign with only `unknown` recipients left is finished; its hold stays for exactly those.
    """
    stands = standing(campaign_id)
    if stands.live and not stands.drained:  # after nearly every batch: whoever commits the last one sees it drained
        return False
    with transaction.atomic():
        end = finish_if_drained(campaign_id)
        if end is not None:
            campaign = Campaign.objects.get(pk=campaign_id)
            event = "complete" if end.status == "completed" else "fail"
            history.append(campaign, event, before=end.before, after=end.status, actor=SYSTEM)
            reach("finish.before_commit")
    if end is None:
        _release_if_ended(campaign_id)  # cancelled while the batch was in flight: what it did not need goes back now
        return False
    reach("finish.committed")
    release_rest(campaign_id)
    return True


def finish_drained(*, limit: int) -> dict[str, int]:
    """The sweep: campaigns that are drained but not finished, because the last worker died in between."""
    found = drained_campaigns(limit=limit)
    return {"found": len(found), "finished": sum(finish(campaign_id) for campaign_id in found)}


def close_cancelled(*, limit: int) -> dict[str, int]:
    """The sweep: ready batches of cancelled campaigns become cancelled, their recipients too; then holds are closed."""
    batches, campaigns = 0, set()
    while batches < limit and (campaign_id := _close_batch()) is not None:
        batches += 1
        campaigns.add(campaign_id)
    released = sum(release_rest(campaign_id) for campaign_id in campaigns)
    return {"batches": batches, "credits_released": released}


def _close_batch() -> int | None:
    with transaction.atomic():
        batch = take_batch_of_cancelled()
        if batch is None:
            return None
        moves = move_pending(batch_id=batch.batch_id, status="cancelled", reason="")
        count_moves(campaign_id=batch.campaign_id, moves=moves)
        reach("close_cancelled.before_commit")
    return batch.campaign_id


def settled_unknowns(campaign_id: int) -> None:
    """After late evidence has committed: batches without unknown recipients are done, what is not needed goes back."""
    close_resolved(campaign_id)
    _release_if_ended(campaign_id)


def _release_if_ended(campaign_id: int) -> None:
    if not Campaign.objects.filter(pk=campaign_id, status__in=CAMPAIGN_LIVE).exists():
        release_rest(campaign_id)
