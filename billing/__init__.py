"""Counts: credit accounts, ledger, reservations, prices. All money moves through `billing.services`."""
