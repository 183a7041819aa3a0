"""The machines of imports and of opt-ins that wait for a confirmation."""

from config.statemachine import Machine, Move

IMPORT = Machine(
    name="import",
    column="status",
    states=("pending", "running", "done", "failed", "cancelled"),
    moves={
        "start": Move(("pending", "running"), "running"),
        "finish": Move(("running",), "done"),
        "fail": Move(("pending", "running"), "failed"),
        "cancel": Move(("pending", "running"), "cancelled"),
    },
)
IMPORT_OPEN = ("pending", "running")
IMPORT_ENDED = ("done", "failed", "cancelled")

OPT_IN = Machine(
    name="opt-in",
    column="state",
    states=("waiting", "sent", "confirmed", "refused", "expired"),
    moves={
        "send": Move(("waiting",), "sent"),
        "refuse": Move(("waiting",), "refused"),
        "confirm": Move(("waiting", "sent"), "confirmed"),
        "expire": Move(("waiting", "sent"), "expired"),
    },
)
OPT_IN_OPEN = ("waiting", "sent")
