"""The import's machine."""

from config.statemachine import Machine, Move

IMPORT = Machine(
    name="import",
    column="status",
    states=("pending", "running", "done", "failed"),
    moves={
        "start": Move(("pending", "running"), "running"),
        "finish": Move(("running",), "done"),
        "fail": Move(("pending", "running"), "failed"),
    },
)
IMPORT_OPEN = ("pending", "running")
