"""How long to wait before a batch is tried again."""

import random

from django.conf import settings


def delay(spent: int) -> float:
    """Seconds before hand-over number `spent` + 1: 3, 6, 12, 24, 48 with ±20 % jitter, so that batches do not march."""
    doubled = settings.SEND_BACKOFF_SECONDS * 2 ** min(max(spent, 1) - 1, 4)
    return float(doubled) * random.uniform(0.8, 1.2)
