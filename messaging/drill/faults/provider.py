"""Faults of the provider: in its answers, and in its receipts."""

from typing import Any

from messaging.drill.rig import Fault, Rig

# Share of the calls that meet the fault, while it lasts.
SHARE = 0.6
CALLS = (
    "hang_before", "hang_after", "drop_before", "drop_after", "429", "429_plain", "500", "503", "502_after", "400",
    "partial", "short", "extra", "duplicate_ids", "truncated", "html", "drip", "redirect", "huge",
)  # fmt: skip
RECEIPTS: dict[str, dict[str, Any]] = {
    "receipts slow": {"delay": [6, 15]},
    "receipts lost": {"drop": 0.5},
    "receipts doubled": {"duplicate": 0.6},
    "receipts shuffled": {"shuffle": True, "sent_first": 0.9},
    "receipts contradictory": {"contradict": 0.5},
    "receipts before the answer": {"early": True},
    "receipts with unknown words": {"unknown_word": 0.5},
    "receipts signed wrongly": {"sign": "wrong"},
}


def _fault(name: str) -> Fault:
    return Fault(lambda rig: rig.provider.add({name: SHARE}), 7.0, lambda rig: rig.provider.remove(name))


def _receipts(keys: dict[str, Any]) -> Fault:
    return Fault(lambda rig: rig.provider.add(**keys), 8.0, lambda rig: rig.provider.remove(*keys))


def _refuse_credentials(rig: Rig) -> bool:
    return rig.provider.add({"401": 1.0})


def _accept_credentials(rig: Rig) -> None:
    rig.provider.remove("401")
    rig.reactivate()


FAULTS = {
    **{f"provider {name}": _fault(name) for name in CALLS},
    "provider 401": Fault(_refuse_credentials, 6.0, _accept_credentials),
    **{name: _receipts(keys) for name, keys in RECEIPTS.items()},
}
