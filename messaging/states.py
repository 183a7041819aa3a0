"""The machines of webhook deliveries and of texts from people: the only place where their moves are defined."""

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

# What a person decides about a text: somebody's own words that most likely ask for no more, or nobody's text.
REVIEW = Machine(
    name="review",
    column="review",
    states=("none", "open", "confirmed", "lifted", "settled"),
    moves={
        "ask": Move(("none", "settled"), "open"),
        "confirm": Move(("open",), "confirmed"),
        "lift": Move(("open",), "lifted"),
        "settle": Move(("open",), "settled"),  # by the person's own later word, or assigned, or of no importance
    },
)
# An answer to a text: a direct message once it is sent.
ANSWER = Machine(
    name="answer",
    column="state",
    states=("owed", "sent", "given_up"),
    moves={"send": Move(("owed",), "sent"), "give_up": Move(("owed",), "given_up")},
)
