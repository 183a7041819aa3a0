"""What a fault may reach for."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils import timezone

from messaging.drill.house import House
from messaging.drill.merchant import Merchant
from messaging.drill.provider import ProviderControl
from messaging.drill.seed import Seeded
from messaging.models import ProviderAccount


@dataclass
class Rig:
    """The drill while it runs. `hits`: how often each fault took effect; `opted_out`: contact id -> when (epoch)."""

    house: House
    provider: ProviderControl
    large: Merchant
    small: Merchant
    seeded: Seeded
    random: random.Random
    hits: Counter[str] = field(default_factory=Counter)
    opted_out: dict[int, float] = field(default_factory=dict)
    breaks: int = 0
    frozen_until: float = 0.0  # monotonic: a worker may still wake up with an answer
    planned_later: list[tuple[float, "Act"]] = field(default_factory=list)

    @property
    def merchants(self) -> tuple[Merchant, Merchant]:
        """Both stores."""
        return self.large, self.small

    def reactivate(self) -> None:
        """As staff would: start the provider account again that the circuit breaker stopped."""
        account = ProviderAccount.objects.filter(pk=self.seeded.account_id, status="stopped")
        self.breaks += account.update(status="active", status_reason="", updated_at=timezone.now())

    def later(self, seconds: float, act: "Act") -> None:
        """Do something in the middle of a fault."""
        self.planned_later.append((time.monotonic() + seconds, act))

    def freezes(self, seconds: float) -> None:
        """A worker sleeps for so long; let it settle what it has before a deadline is forced."""
        self.frozen_until = max(self.frozen_until, time.monotonic() + seconds + 8.0)

    def sender(self) -> str:
        """One of the send workers."""
        return self.random.choice(("send1", "send2"))


# One half of a fault. A beginning returns whether it took effect; None: that will be seen later.
Act = Callable[[Rig], object]


def nothing(rig: Rig) -> object:
    """A fault that ends by itself."""
    return None


class Fault(NamedTuple):
    """`begin` breaks something, `end` mends it `seconds` later."""

    begin: Act
    seconds: float = 0.0
    end: Act = nothing
