"""Stores and people in the ops console."""

from audiences.admin import joining, people, stores

__all__ = ["joining", "people", "stores"]
