"""One drill from the first server to the result."""

import os
import random
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db.models import Count

from campaigns.models import Campaign, CampaignRecipient
from messaging.drill import audit, heal, ledger, place, unconfirmed
from messaging.drill.house import PROCESSES, House
from messaging.drill.merchant import Merchant
from messaging.drill.provider import ProviderControl
from messaging.drill.rig import Rig
from messaging.drill.run import Minutes
from messaging.drill.schedule import schedule
from messaging.drill.seed import seed as seed_rows

# So long a large campaign takes at least, by the account's limit.
CAMPAIGN_SECONDS = 60
THREADS = 4  # of a send worker, as in the Procfile
FAILPOINT = re.compile(rb"^failpoint ([a-z_.]+)(?:@\d+)?(:stop)?$", re.MULTILINE)


class Options(NamedTuple):
    """What was asked for. `echoes`: the provider gives our reference back."""

    recipients: int
    seconds: float
    seed: int
    echoes: bool
    faults: Sequence[str]


class Drill:
    """Runs once."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.rng = random.Random(options.seed)
        self.rate = max(options.recipients // CAMPAIGN_SECONDS, 10)

    def run(self) -> dict[str, Any]:
        """Start, break, heal, compare. Raises NotReady when something of it did not even start."""
        with House(self._environment()) as house:
            house.start_servers()
            house.manage("migrate", "-v0")
            rig = self._rig(house)
            house.start_processes(*PROCESSES)
            rig.provider.tell()
            planned = schedule(self.options.faults, seconds=self.options.seconds, rng=self.rng)
            minutes = Minutes(rig, planned, seconds=self.options.seconds)
            minutes.run()
            heal.heal(rig)
            drained = heal.drain(rig)
            heal.close_books()
            return self._result(rig, minutes, drained)

    def _environment(self) -> dict[str, str]:
        """Batches so small that some calls are under way at any moment; see place.TIMERS for the rest."""
        size = max(20, min(self.rate // 6, 200))
        os.environ["SMS_BATCH_SIZE"] = str(size)
        return {**os.environ, "LIMIT_LOCAL_RATE": str(max(self.rate // 4, 5)), "LOG_LEVEL": "INFO"}

    def _rig(self, house: House) -> Rig:
        seeded = seed_rows(recipients=self.options.recipients, rate=self.rate, echoes=self.options.echoes)
        return Rig(
            house=house,
            provider=ProviderControl(seed=self.options.seed, echoes=self.options.echoes),
            large=Merchant(seeded.large, rest=0.5, plans=False),
            small=Merchant(seeded.small, rest=1.0, plans=True),
            seeded=seeded,
            random=self.rng,
        )

    def _result(self, rig: Rig, minutes: Minutes, drained: float) -> dict[str, Any]:
        book = ledger.read(place.here() / "simulator-ledger.jsonl")
        lost = unconfirmed.explain(dead=rig.house.dead_senders, taken=book.taken, echoes=self.options.echoes)
        kills = len(rig.house.dead_senders)
        checks = audit.audit(audit.Evidence(book, lost, self.options.echoes, kills, THREADS, rig.opted_out))
        statuses = CampaignRecipient.objects.values_list("status").annotate(Count("pk")).order_by("status")
        campaigns = Campaign.objects.values_list("status").annotate(Count("pk")).order_by("status")
        return {
            "ok": all(check.ok for check in checks),
            "seed": self.options.seed,
            "recipients_per_campaign": self.options.recipients,
            "minutes": self.options.seconds / 60,
            "echoes_reference": self.options.echoes,
            "campaigns": dict(campaigns),
            "recipients": dict(statuses),
            "unconfirmed_because": dict(lost.why),
            "drained_seconds": round(drained, 1),
            "kills": dict(rig.house.kills),
            "faults": self._faults(rig, minutes.tried, book),
            "provider_faults": dict(book.faults),
            "timeline": minutes.timeline,
            "stopped_with_an_error": dict(rig.house.hard_stops),
            "http_answers_lost": rig.large.answers_lost + rig.small.answers_lost,
            "breaker_stops": rig.breaks,
            "checks": [check._asdict() for check in checks],
        }

    def _faults(self, rig: Rig, tried: dict[str, int], book: ledger.ProviderBook) -> dict[str, dict[str, int]]:
        """Of each fault: how often it was tried, and how often it took effect.

        Crash points by what the processes logged, faults of calls by the provider's file.
        """
        hits = Counter(rig.hits)
        for path in rig.house.all_logs():
            for point, stopped in FAILPOINT.findall(path.read_bytes()):
                hits[f"{'freeze' if stopped else 'die'} at {point.decode()}"] += 1
        for name in tried:
            if name.startswith("provider "):
                hits[name] = book.faults[name.removeprefix("provider ")]
        return {name: {"tried": tried.get(name, 0), "hit": hits[name]} for name in sorted({*tried, *hits})}
