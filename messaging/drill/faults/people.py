"""What people do in the middle of a campaign: pause, resume, cancel, opt out."""

import time

from audiences.models import Contact
from config.opaque import public_id
from messaging.drill.rig import Fault, Rig

OPT_OUTS = 5


def _pause(rig: Rig) -> bool:
    return rig.large.move("pause")


def _resume(rig: Rig) -> None:
    rig.large.move("resume")


def _cancel(rig: Rig) -> bool:
    return rig.small.move("cancel")


def _cancel_large(rig: Rig) -> bool:
    return rig.large.move("cancel")


def _opt_out(rig: Rig) -> bool:
    """Five people who are still to be texted."""
    store_id = rig.seeded.large.store_id
    last = list(
        Contact.objects.filter(store_id=store_id, consent="opted_in").order_by("-pk").values_list("pk", flat=True)[:200]
    )
    for contact_id in rig.random.sample(last, min(OPT_OUTS, len(last))):
        if rig.large.opt_out(public_id(contact_id, kind="con")):
            rig.opted_out[contact_id] = time.time()
    return bool(rig.opted_out)


FAULTS = {
    "pause, resume": Fault(_pause, 3.0, _resume),
    "cancel": Fault(_cancel),
    "cancel a large campaign": Fault(_cancel_large),
    "opt-outs": Fault(_opt_out),
}
