"""The machines of money, and the words of subscriptions."""

from config.statemachine import Machine, Move

RESERVATION = Machine(
    name="reservation",
    column="state",
    states=("open", "closed"),
    moves={"close": Move(("open",), "closed")},
)

# Money that came is honoured, however late: a session that was called expired or failed may still be paid.
PAYMENT = Machine(
    name="payment",
    column="status",
    states=("pending", "paid", "failed", "expired"),
    moves={
        "pay": Move(("pending", "failed", "expired"), "paid"),
        "fail": Move(("pending",), "failed"),
        "expire": Move(("pending",), "expired"),
    },
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
