"""Words of segments: how rules, operators and what is wrong with them are called."""

from collections.abc import Mapping

from django.utils.dates import MONTHS
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from audiences.segments.registry import CUSTOM
from messaging.console.words import name_of

Words = Mapping[str, str | Promise]

RULES: Words = {
    "everybody": _("Everybody"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "email": _("E-mail"),
    "gender": _("Gender"),
    "language": _("Language"),
    "country": _("Country of the number"),
    "consent": _("Consent"),
    "consent_source": _("Source of the consent"),
    "consent_date": _("Consent given or withdrawn"),
    "created": _("Added"),
    "updated": _("Last change"),
    "birthday": _("Birthday"),
    "age": _("Age"),
    "list": _("List"),
    "suppressed": _("Suppression list"),
    "sent": _("Was sent"),
    "delivered": _("Received"),
    "not_delivered": _("Was not reached by"),
    "clicked": _("Followed a link of"),
    "not_clicked": _("Followed no link of"),
}
OPERATORS: Words = {
    "is": _("is"),
    "is_not": _("is known and is not"),
    "contains": _("contains"),
    "starts_with": _("starts with"),
    "ends_with": _("ends with"),
    "is_set": _("is known"),
    "at_least": _("at least"),
    "at_most": _("at most"),
    "between": _("between"),
    "from": _("on or after"),
    "until": _("on or before"),
    "in_last_days": _("in the last days"),
    "in_next_days": _("in the next days"),
    "more_than_days_ago": _("more days ago than"),
    "in_month": _("in the month"),
    "around_today": _("days from today"),
    "on": _("on the list"),
    "not_on": _("not on the list"),
    "campaign": _("the campaign"),
}
VALUES: Words = {
    "true": _("Yes"),
    "false": _("No"),
    "anybody": _("anybody"),
    "this": _("this month"),
    "next": _("next month"),
    **{str(number): name for number, name in MONTHS.items()},
}
# What a refused place means, for readers who do not read the API's English.
FAULTS: Words = {
    "unknown_rule": _("Choose what to ask; a field of yours that it named is gone."),
    "unknown_operator": _("Choose what to ask."),
    "bad_rule": _("This rule is not understood."),
    "too_deep": _("Groups may stand at most 8 deep in each other."),
    "too_many_rules": _("At most 50 rules."),
    "empty_group": _("Put at least one rule into this group."),
    "bad_text": _("A text of 1 to 200 characters."),
    "bad_country": _("A country in two letters, like GR."),
    "bad_language": _("A language code, like el."),
    "bad_choice": _("Choose one."),
    "bad_yes_no": _("Yes or no?"),
    "bad_number": _("This number is missing, or out of bounds."),
    "bad_date": _("A date from 1900 to 2200."),
    "bad_month": _("Choose a month."),
    "bad_day": _("A day of the year, as 12-31."),
    "bad_list": _("At least one value."),
    "bad_pair": _("Both values: from and to."),
    "bad_order": _("The second is not to be before the first."),
    "unknown_id": _("It is not there any more."),
    "gone": _("It is not there any more."),
}


GROUPS: Words = {"and": _("All of these"), "or": _("Any of these")}


def rule_name(rule: str, *, label: str = "") -> str:
    """How a rule is called; one of a custom field by its name, one that nobody translated by the API's `label`."""
    if rule.startswith(CUSTOM):
        return rule.removeprefix(CUSTOM).replace("_", " ").capitalize()
    return str(RULES.get(rule) or label or rule)


def operator_name(operator: str) -> str:
    """How an operator is called."""
    return str(OPERATORS.get(operator) or operator.replace("_", " "))


def fault_words(code: str, detail: str) -> str:
    """What is wrong, in the language of the page."""
    return detail if get_language() == "en" or code not in FAULTS else str(FAULTS[code])


def value_name(value: str) -> str:
    """How a value of a list to choose from is called; others as the console calls them everywhere."""
    return str(VALUES.get(value) or name_of(value))
