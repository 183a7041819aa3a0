"""Stores and people in the ops console."""

from audiences.admin import joining, people, staff, stores

__all__ = ["joining", "people", "staff", "stores"]
