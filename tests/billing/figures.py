"""What tests of money look at."""

from typing import NamedTuple

from billing.models import CreditAccount


class Figures(NamedTuple):
    """An account's numbers, in credits."""

    balance: int
    held: int = 0
    allowance: int = 0
    allowance_held: int = 0
    overdraft: int = 0


def figures(account: CreditAccount) -> Figures:
    """The numbers as they are in the database now."""
    return Figures(*CreditAccount.objects.values_list(*Figures._fields).get(pk=account.pk))
