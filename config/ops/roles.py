"""Who of the staff may do what: three roles, each a group of that name. Superusers may everything.

What a role may is said where it is done (`viewers`, `editors`, `Operation.roles`), so that it is reviewed and
versioned with it, and is the same in every installation; the groups themselves are made by a migration.
"""

from typing import Any, TypeAlias

SUPPORT, FINANCE, OPERATOR = "support", "finance", "operator"
ROLES = (SUPPORT, FINANCE, OPERATOR)
Roles: TypeAlias = frozenset[str]

EVERYBODY: Roles = frozenset(ROLES)
PEOPLE: Roles = frozenset({SUPPORT, OPERATOR})  # who may see persons, and act for a merchant
MONEY: Roles = frozenset({FINANCE})
HOUSE: Roles = frozenset({OPERATOR})
CARE: Roles = frozenset({SUPPORT})
NOBODY: Roles = frozenset()  # superusers alone


def roles_of(user: Any) -> Roles:
    """The roles of a user, read once for each request: one statement."""
    known: Roles | None = getattr(user, "_ops_roles", None)
    if known is None:
        known = frozenset(user.groups.filter(name__in=ROLES).values_list("name", flat=True))
        user._ops_roles = known
    return known


def may(user: Any, roles: Roles) -> bool:
    """Whether a user has one of the roles, or all power. Who is not active, or no staff, may nothing."""
    if not (user.is_active and user.is_staff):
        return False
    return bool(user.is_superuser) or bool(roles and roles & roles_of(user))
