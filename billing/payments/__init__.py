"""Paying by card: checkouts at Stripe, its webhooks, and what follows for the ledger and for subscriptions."""
