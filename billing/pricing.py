"""Changing prices. A price that has begun is never changed: quotes and holds were made with it."""

from datetime import datetime

import phonenumbers
from django.db import IntegrityError, transaction
from django.utils import timezone

from billing.models import Price
from billing.prices import OTHER
from config.audit import Actor, record
from config.problems import Conflict, invalid


def set_price(*, country: str, credits_per_part: int, valid_from: datetime, actor: Actor) -> Price:
    """What a part costs from a moment on, in credits. `country`: ISO 3166 code, or "" for every other country.

    Quotes that were made before expire as soon as it is in force. Raises InvalidFields, and Conflict when the country
    has a price from that very moment.
    """
    code = country.strip().upper()
    if code != OTHER and code not in phonenumbers.SUPPORTED_REGIONS:
        raise invalid("/country", "An ISO 3166 code of a country with telephones, like GR, or nothing for all others.")
    if credits_per_part < 1:
        raise invalid("/credits_per_part", "At least one credit.")
    try:
        with transaction.atomic():
            price = Price.objects.create(country=code, credits_per_part=credits_per_part, valid_from=valid_from)
            record("price.set", actor=actor, subject=f"price:{price.pk}", country=code, credits=credits_per_part)
    except IntegrityError:
        raise Conflict("This country has a price from that moment.") from None
    return price


def withdraw_price(*, price_id: int, actor: Actor) -> None:
    """Take back a price that has not begun. Raises Conflict for any other."""
    with transaction.atomic():
        deleted, _ = Price.objects.filter(pk=price_id, valid_from__gt=timezone.now()).delete()
        if not deleted:
            raise Conflict("A price that has begun stays: set a new one.")
        record("price.withdraw", actor=actor, subject=f"price:{price_id}")
