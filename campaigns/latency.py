"""How long messages take, as counts in buckets that grow by a quarter: any percentile of a million in sixty rows.

Bucket b holds what took from 1.25^b - 1 to 1.25^(b+1) - 1 seconds; the last one everything above fifteen days.
"""

import math
from collections.abc import Mapping

GROWTH = 1.25
LAST = 63


def bucket(seconds: float) -> int:
    """The bucket of a duration; a negative one counts as none."""
    return min(int(math.log1p(max(seconds, 0.0)) / math.log(GROWTH)), LAST)


def edge(number: int) -> float:
    """Where a bucket begins, in seconds."""
    return float(GROWTH**number - 1)


def percentile(counts: Mapping[int, int], share: float) -> float | None:
    """The duration that `share` (0 to 1) of the messages did not exceed: seconds, within an eighth. None: no message.

    Inside a bucket they are taken as evenly spread.
    """
    wanted = share * sum(counts.values())
    seen = 0
    for number in sorted(counts):
        if counts[number] and seen + counts[number] >= wanted:
            inside = (wanted - seen) / counts[number]
            return round(edge(number) + inside * (edge(number + 1) - edge(number)), 2)
        seen += counts[number]
    return None
