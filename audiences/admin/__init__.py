"""Stores and people in the ops console."""

from audiences.admin import people, stores

__all__ = ["people", "stores"]
