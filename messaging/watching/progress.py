"""A campaign's progress as the API and the streams show it: counters, and when it will be through."""

import hashlib
import json
from typing import Any, NamedTuple

from campaigns.forecast import forecast
from campaigns.progress import Progress, read
from config.wire import written
from messaging.watching.pace import pace_of
from messaging.watching.serializers import ProgressShape


class Seen(NamedTuple):
    """What is shown, and its tag: 32 hexadecimal digits that change with it.

    Rate and end follow from the time alone and are not in the tag; whether anything moves, and why not, is.
    """

    tag: str
    body: dict[str, Any]
    progress: Progress


def look(*, campaign_id: int, store_id: int) -> Seen:
    """The campaign's progress now. Raises NotFound."""
    progress = read(campaign_id)
    ahead = forecast(campaign_id, progress=progress, pace=pace_of(store_id))
    counters = written(ProgressShape, {**progress._asdict(), "rate": ahead.rate, "eta": ahead.eta})
    lasting = {name: value for name, value in counters.items() if name not in {"rate", "eta"}}
    said = json.dumps([lasting, ahead.moving, ahead.eta.reason, ahead.rate.slowed], sort_keys=True)
    return Seen(hashlib.sha256(said.encode()).hexdigest()[:32], counters, progress)
