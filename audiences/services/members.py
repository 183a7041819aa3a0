"""Who works for a store: invited by e-mail, in a role, and taken away again."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from audiences.errors import AlreadyMember
from audiences.models import Member, User
from audiences.services.stores import lock_store, set_member
from config.audit import Actor
from config.problems import NotFound, invalid


def invite_member(*, store_id: int, email: str, role: str, actor: Actor) -> Member:
    """Make the person with this address a member; whoever is new gets a user without a password.

    They set one by the console's "forgot password". Two at once make one user. Raises InvalidFields, AlreadyMember.
    """
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise invalid("/email", "An e-mail address.", code="bad_email") from None
    with transaction.atomic():
        lock_store(store_id)
        user = _user(address)
        if Member.objects.filter(store_id=store_id, user=user).exists():
            raise AlreadyMember
        return set_member(store_id=store_id, user=user, role=role, actor=actor)


def _user(email: str) -> User:
    known = User.objects.filter(email=email)
    try:
        with transaction.atomic():
            return known.first() or User.objects.create_user(email)
    except IntegrityError:
        return known.get()


def change_role(*, store_id: int, member_id: int, role: str, actor: Actor) -> Member:
    """Give a member another role. Raises NotFound, InvalidFields, LastOwner."""
    member = Member.objects.select_related("user").filter(pk=member_id, store_id=store_id).first()
    if member is None:
        raise NotFound
    return set_member(store_id=store_id, user=member.user, role=role, actor=actor)
