"""Guards of the protocol, each taken away: the tests named beside it must notice. See DECISIONS.md."""

from typing import NamedTuple


class Mutant(NamedTuple):
    """A guard that is taken away by replacing `guard` with `instead` in `file`; `tests` must then fail."""

    name: str
    file: str
    guard: str
    instead: str
    tests: str


MUTANTS = [
    Mutant(
        name="fence of the mark",
        file="campaigns/queries/claim.py",
        guard="           AND b.fence = %(fence)s\n           AND b.state = 'claimed'",
        instead="           AND b.state = 'claimed'",
        tests="tests/messaging/test_mark.py",
    ),
    Mutant(
        name="state of the mark",
        file="campaigns/queries/claim.py",
        guard="           AND b.state = 'claimed'\n           AND b.lease_until",
        instead="           AND b.lease_until",
        tests="tests/messaging/test_mark.py",
    ),
    Mutant(
        name="lease of the mark",
        file="campaigns/queries/claim.py",
        guard="           AND b.lease_until > clock_timestamp()\n",
        instead="",
        tests="tests/messaging/test_mark.py",
    ),
    Mutant(
        name="campaign of the mark",
        file="campaigns/queries/claim.py",
        guard="               AND c.status = 'sending'\n               FOR SHARE",
        instead="               FOR SHARE",
        tests="tests/messaging/test_mark.py",
    ),
    Mutant(
        name="lease of the sweep",
        file="campaigns/queries/claim.py",
        guard="                         AND lease_until < clock_timestamp()\n",
        instead="",
        tests="tests/messaging/test_claim.py",
    ),
    Mutant(
        name="fence of the settle",
        file="campaigns/queries/settle.py",
        guard=("           AND fence = %(fence)s\n           AND state IN ('calling', 'ambiguous')"),
        instead="           AND state IN ('calling', 'ambiguous')",
        tests="tests/messaging/test_settle.py",
    ),
    Mutant(
        name="state of the settle",
        file="campaigns/queries/settle.py",
        guard="           AND state IN ('calling', 'ambiguous')\n           FOR UPDATE",
        instead="           FOR UPDATE",
        tests="tests/messaging/test_settle.py",
    ),
    Mutant(
        name="ledger key",
        file="messaging/sending/settle.py",
        guard="        raise AlreadyBilled(work.batch_id)",
        instead="        return",
        tests="tests/messaging/test_ledger_key.py",
    ),
    Mutant(
        name="unique key of the ledger",
        file="billing/queries.py",
        guard=("                ON CONFLICT (key) DO NOTHING\n            RETURNING account_id, reservation_id"),
        instead="            RETURNING account_id, reservation_id",
        tests="tests/billing/test_charge.py",
    ),
    Mutant(
        name="finish after the commit",
        file="messaging/sending/sender.py",
        guard="        finish(batch.campaign_id)\n",
        instead="",
        tests="tests/messaging/test_road.py",
    ),
    Mutant(
        name="no transaction during a call",
        file="messaging/sending/call.py",
        guard="    assert_no_transaction()\n",
        instead="",
        tests="tests/messaging/test_call.py",
    ),
    Mutant(
        name="a time-out is no refusal",
        file="providers/outcomes.py",
        guard="    return CallResult([Unsure(why)] * len(items), raw_status=status, note=why)",
        instead=(
            '    refused = Refused("provider_error", why, retryable=True)\n'
            "    return CallResult([refused] * len(items), raw_status=status, note=why)"
        ),
        tests="tests/messaging/test_faults.py",
    ),
    Mutant(
        name="receipts go by rank",
        file="messaging/receipts/judge.py",
        guard='    if rank <= standing.rank:\n        return Judgement("stale")\n',
        instead="",
        tests="tests/messaging/test_receipts.py",
    ),
    Mutant(
        name="the hold is the quote",
        file="campaigns/snapshot.py",
        guard="if hold is None or snapshot.credits + credits > hold.amount:",
        instead="if hold is None:",
        tests="tests/campaigns/test_snapshot.py",
    ),
]
