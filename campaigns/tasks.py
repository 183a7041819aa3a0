"""Addresses: ids in, one call out. What each finds again when its ring is lost is said at the sweep."""

from celery import shared_task

from campaigns import snapshot
from campaigns.automations import sweep as sweeping
from campaigns.hold import close_orphans
from campaigns.services import confirmations, due
from config.queues import Task, ring
from config.sweeps import sweep


@shared_task(name=Task.SNAPSHOT)
def prepare_snapshot(campaign_id: int) -> dict[str, int]:
    """Write a campaign's recipients down."""
    return snapshot.prepare(campaign_id)


@sweep(Task.RESUME_SNAPSHOTS)
def resume_snapshots() -> dict[str, int]:
    """Snapshots that nobody goes on with."""
    found = snapshot.unfinished(older_than_seconds=60, limit=50)
    return {"found": len(found), "rung": sum(ring(Task.SNAPSHOT, campaign_id) for campaign_id in found)}


@sweep(Task.LAUNCH_DUE)
def launch_due() -> dict[str, int]:
    """Scheduled campaigns whose time has come."""
    return due.launch_due(limit=25)


@sweep(Task.RUN_AUTOMATIONS)
def run_automations() -> dict[str, int]:
    """Automations whose hour has come, or for whom somebody waits."""
    return sweeping.run_due(limit=100)


@sweep(Task.CLOSE_HOLDS)
def close_holds() -> dict[str, int]:
    """Holds of campaigns that have ended, and need nothing any more."""
    return close_orphans(limit=100)


@sweep(Task.SEND_CONFIRMATIONS)
def send_confirmations() -> dict[str, int]:
    """Sign-ups that wait for their message."""
    return confirmations.send_waiting(limit=50)
