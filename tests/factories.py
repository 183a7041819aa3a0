"""Rows for tests, valid by default. Each app appends its own below its heading."""

from typing import Any

from factory.declarations import LazyAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory
from factory.helpers import post_generation

from audiences.models import ApiKey, Contact, ContactList, Member, Store, User
from audiences.phones import phone_hash
from config.opaque import public_id

# audiences ----------------------------------------------------------------------------------------------------------


class UserFactory(DjangoModelFactory[User]):
    """A person who can log in with the password `correct horse battery`."""

    email = Sequence(lambda n: f"person{n}@example.org")

    class Meta:
        model = User

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return model_class.objects.create_user(password=kwargs.pop("password", "correct horse battery"), **kwargs)


class StoreFactory(DjangoModelFactory[Store]):
    """A Greek store with a sender, no quiet hours and no caps."""

    name = Sequence(lambda n: f"Shop {n}")
    slug = Sequence(lambda n: f"shop-{n}")
    country = "GR"
    sender = "Shop"
    time_zone = "Europe/Athens"

    class Meta:
        model = Store


class MemberFactory(DjangoModelFactory[Member]):
    """A user who owns a store."""

    user = SubFactory(UserFactory)
    store = SubFactory(StoreFactory)
    role = "owner"

    class Meta:
        model = Member


class ContactFactory(DjangoModelFactory[Contact]):
    """A person who opted in, with a Greek mobile number of their own."""

    store = SubFactory(StoreFactory)
    phone = Sequence(lambda n: f"+30690{n:07d}")
    phone_hash = LazyAttribute(lambda row: phone_hash(row.phone) if row.phone else None)
    country = "GR"
    first_name = Sequence(lambda n: f"Name{n}")
    consent = "opted_in"

    class Meta:
        model = Contact


class ContactListFactory(DjangoModelFactory[ContactList]):
    """An empty list; `contacts=[...]` puts them on it."""

    store = SubFactory(StoreFactory)
    name = Sequence(lambda n: f"List {n}")

    class Meta:
        model = ContactList
        skip_postgeneration_save = True

    @post_generation  # type: ignore[untyped-decorator]
    def contacts(self: ContactList, create: bool, extracted: list[Contact] | None, **_: Any) -> None:
        """Put the given contacts on the list."""
        for contact in extracted or []:
            self.memberships.create(contact=contact)


def api_id(row: Store | Contact | ContactList | Member | ApiKey) -> str:
    """The id under which the API knows a row."""
    kinds = {Store: "str", Contact: "con", ContactList: "lst", Member: "mem", ApiKey: "key"}
    return public_id(row.pk, kind=kinds[type(row)])
