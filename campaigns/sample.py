"""What stands in the placeholders of a message that goes to a number and to no contact."""

from collections.abc import Mapping, Sequence

from audiences.models import Contact
from campaigns import merge
from campaigns.content import Content
from campaigns.models import Campaign

# So that a test without a chosen contact reads like the real thing.
WORDS = {"first_name": "Maria", "last_name": "Papadopoulou", "email": "maria@example.org", "language": "en"}


def fill(content: Content, given: Mapping[str, str]) -> str:
    """The text with the values given, else with example words; a custom field without either shows its name."""
    by_field = {field: given.get(field) or WORDS.get(field, field) for field in content.fields}
    return content.render(content.values(by_field))


def values_of(contact_ids: Sequence[int], content: Content) -> dict[int, tuple[str, ...]]:
    """contact id → what its fields put into the slots, now."""
    if not content.fields:
        return dict.fromkeys(contact_ids, content.values({}))
    rows = merge.with_fields(Contact.objects.filter(pk__in=list(contact_ids)), content)
    found = rows.values_list("pk", *merge.names(content))
    return {pk: content.values(merge.by_field(content, tuple(merged))) for pk, *merged in found}


def for_strangers(campaign: Campaign, content: Content) -> tuple[str, ...]:
    """The values for recipients who are no contacts: those of the contact that a test was rendered for, else none.

    Read when the message leaves, so that an erased contact's name is nowhere.
    """
    sample = campaign.audience.get("sample")
    values = values_of([sample], content) if sample else {}
    return values.get(sample, content.values({}))
