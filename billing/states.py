"""The reservation's machine."""

from config.statemachine import Machine, Move

RESERVATION = Machine(
    name="reservation",
    column="state",
    states=("open", "closed"),
    moves={"close": Move(("open",), "closed")},
)
