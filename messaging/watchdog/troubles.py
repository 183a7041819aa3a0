"""The names of all alerts. docs/operations.md has a runbook for each, and a test fires each of them once."""

from enum import StrEnum


class Trouble(StrEnum):
    """What the watchdog may find."""

    NO_WORKER = "no_worker"
    NO_BEAT = "no_beat"
    SENDING_WAITS = "sending_waits"
    RECEIPTS_WAIT = "receipts_wait"
    WEBHOOKS_WAIT = "webhooks_wait"
    SWEEP = "sweep"
    INSTALLATION = "installation"
    CAMPAIGN_STUCK = "campaign_stuck"
    SNAPSHOT_STUCK = "snapshot_stuck"
    CAMPAIGN_LATE = "campaign_late"
    IMPORT_STUCK = "import_stuck"
    ACCOUNT_AWAY = "account_away"
    ACCOUNT_STOPPED = "account_stopped"
    DEAD_LETTERS = "dead_letters"
    RECEIPTS_UNMATCHED = "receipts_unmatched"
    INBOUND_WAITS = "inbound_waits"
    INBOUND_UNREADABLE = "inbound_unreadable"
    OUTCOMES_SPOOLED = "outcomes_spooled"
    REDIS = "redis"
    ALERTS_UNTOLD = "alerts_untold"
    WATCHDOG = "watchdog"
