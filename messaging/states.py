"""The machine of what is delivered to a webhook: the only place where its moves are defined."""

from config.statemachine import Machine, Move

DELIVERY = Machine(
    name="delivery",
    column="state",
    states=("pending", "sending", "delivered", "dead"),
    moves={
        "claim": Move(("pending",), "sending"),
        "deliver": Move(("sending",), "delivered"),
        "again": Move(("sending",), "pending"),
        "give_up": Move(("pending", "sending"), "dead"),
        "redeliver": Move(("delivered", "dead"), "pending"),
    },
)
# What later events of the same campaign wait for.
DELIVERY_OPEN = ("pending", "sending")
