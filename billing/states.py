"""The machines of money, and the words of subscriptions."""

from config.statemachine import Machine, Move

RESERVATION = Machine(
    name="reservation",
    column="state",
    states=("open", "closed"),
    moves={"close": Move(("open",), "closed")},
)

# As Stripe has them, but for `cancelled`. What a subscription becomes is Stripe's or staff's word: any may follow any.
SUBSCRIPTION_STATUSES = (
    "trialing",
    "active",
    "past_due",
    "unpaid",
    "incomplete",
    "incomplete_expired",
    "paused",
    "cancelled",
)
MAY_SEND = ("trialing", "active")
# Free credits end with these.
ENDED = ("cancelled", "unpaid", "incomplete_expired")
