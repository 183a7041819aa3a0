"""Receipts: `inbox` stores them and answers at once, `match` finds whom they mean, `apply` draws the consequences."""
