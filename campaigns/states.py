"""The machines of campaign, recipient and batch: the only place where their moves are defined.

A test tries every ordered pair against the database's triggers, and the diagrams in docs/states.md are drawn from here.
"""

from config.statemachine import Machine, Move

CAMPAIGN = Machine(
    name="campaign",
    column="status",
    states=("draft", "scheduled", "sending", "paused", "completed", "failed", "cancelled"),
    moves={
        "schedule": Move(("draft", "scheduled"), "scheduled"),
        "unschedule": Move(("scheduled",), "draft"),
        "launch": Move(("draft", "scheduled"), "sending"),
        "pause": Move(("sending",), "paused"),
        "resume": Move(("paused",), "sending"),
        "complete": Move(("sending", "paused"), "completed"),
        "fail": Move(("sending", "paused"), "failed"),
        "cancel": Move(("scheduled", "sending", "paused"), "cancelled"),
        "retry": Move(("completed", "failed"), "sending"),
    },
)
CAMPAIGN_LIVE = ("sending", "paused")
CAMPAIGN_EDITABLE = ("draft", "scheduled")
CAMPAIGN_ENDED = ("completed", "failed", "cancelled")

RECIPIENT = Machine(
    name="recipient",
    column="status",
    states=(
        "pending",
        "sent",
        "delivered",
        "undelivered",
        "failed",
        "unknown",
        "unconfirmed",
        "skipped",
        "cancelled",
    ),
    moves={
        "accept": Move(("pending", "unknown"), "sent"),
        "refuse": Move(("pending", "unknown"), "failed"),
        "lose": Move(("pending",), "unknown"),
        "return": Move(("unknown",), "pending"),
        "skip": Move(("pending",), "skipped"),
        "cancel": Move(("pending",), "cancelled"),
        "deliver": Move(("sent", "undelivered", "unknown", "unconfirmed"), "delivered"),
        "undeliver": Move(("sent", "unknown", "unconfirmed"), "undelivered"),
        "evidence": Move(("unconfirmed",), "sent"),
        "give_up": Move(("unknown",), "unconfirmed"),
        "retry": Move(("failed",), "pending"),
    },
)
# Accepted by the provider, hence billed.
RECIPIENT_ACCEPTED = ("sent", "delivered", "undelivered")
# What still holds credits.
RECIPIENT_OPEN = ("pending", "unknown")
# What still waits: for a worker, for the provider's answer, for a receipt.
RECIPIENT_WAITING = (*RECIPIENT_OPEN, "sent")

BATCH = Machine(
    name="batch",
    column="state",
    states=("ready", "claimed", "calling", "ambiguous", "done", "dead", "cancelled"),
    moves={
        "claim": Move(("ready",), "claimed"),
        "give_back": Move(("claimed",), "ready"),
        "empty": Move(("claimed",), "done"),
        "mark": Move(("claimed",), "calling"),
        "unmark": Move(("calling",), "ready"),
        "settle": Move(("calling", "ambiguous"), "done"),
        "retry": Move(("calling", "ambiguous"), "ready"),
        "lose": Move(("calling",), "ambiguous"),
        "kill": Move(("ready", "claimed", "calling", "ambiguous"), "dead"),
        "cancel": Move(("ready",), "cancelled"),
        # Nobody is left to send to, but an earlier hand-over left unknown ones behind.
        "leave_unknown": Move(("ready", "claimed"), "ambiguous"),
    },
)
BATCH_OPEN = ("ready", "claimed", "calling")

KINDS = ("marketing", "service", "birthday", "welcome", "test", "direct")
WRITTEN_KINDS = ("marketing", "service")  # what a merchant writes; the others are made by the house itself
NUMBERS_KINDS = ("test", "direct")  # to numbers, not to an audience: not in the list of campaigns
# 0 is served first.
PRIORITIES = {"urgent": 0, "high": 1, "normal": 2, "low": 3}

ERROR_CLASSES = (
    "invalid_number",
    "blocked_by_carrier",
    "unreachable",
    "provider_rejected",
    "provider_error",
    "route_down",
    "exhausted",
    "expired",
    "other",
)
SKIP_REASONS = (
    "opted_out",
    "suppressed",
    "quiet_hours",
    "frequency_cap",
    "missing_field",
    "duplicate",
    "cancelled",
)
