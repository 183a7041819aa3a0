"""The form of a join page: refusals stand at their field, and a trap that people do not see."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audiences.fields import OLDEST, TEXTS, BadValue, text
from audiences.models import JoinPage
from audiences.phones import CODES, BadPhone, Phone, normalise

TRAP = "website"


class JoinForm(forms.Form):
    """Who signs up. `website` is the trap: machines fill what people cannot see."""

    phone = forms.CharField(label=_("Mobile number"), max_length=40, error_messages={"required": _(CODES["empty"])})
    first_name = forms.CharField(label=_("First name"), max_length=TEXTS["first_name"], required=False)
    email = forms.CharField(label=_("E-mail"), max_length=TEXTS["email"], required=False)
    birthday = forms.DateField(
        label=_("Birthday"), required=False, error_messages={"invalid": _("A date, as 1990-12-31.")}
    )
    agree = forms.BooleanField(error_messages={"required": _("Without your consent we cannot send you messages.")})
    website = forms.CharField(required=False)

    def __init__(self, data: Any = None, *, page: JoinPage, country: str, today: date) -> None:
        super().__init__(data, auto_id="%s")
        self.country, self.today = country, today
        asked = {"email": page.asks_email, "birthday": page.asks_birthday}
        for name in [name for name, wanted in asked.items() if not wanted]:
            del self.fields[name]
        if self.is_bound:
            self._describe()

    def _describe(self) -> None:
        """A refused field says so to whoever does not see the page, and the first of them has the focus."""
        for name in self.errors:
            self.fields[name].widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"{name}-error"}
        if self.errors:
            self.fields[next(iter(self.errors))].widget.attrs["autofocus"] = True

    @property
    def trapped(self) -> bool:
        """Whether a machine filled the form."""
        return bool(self.data.get(TRAP))

    def clean_phone(self) -> Phone:
        """The number as the store's country reads it."""
        try:
            return normalise(self.cleaned_data["phone"], country=self.country)
        except BadPhone as error:
            raise forms.ValidationError(gettext(CODES[error.code])) from None

    def clean_first_name(self) -> str:
        """A text that a contact can have."""
        return self._text("first_name", _("A name without control characters."))

    def clean_email(self) -> str:
        """An address that a contact can have."""
        return self._text("email", _("An e-mail address, like ada@example.org."))

    def clean_birthday(self) -> date | None:
        """A day on which somebody who is alive may have been born."""
        birthday: date | None = self.cleaned_data["birthday"]
        if birthday and not OLDEST <= birthday <= self.today:
            raise forms.ValidationError(gettext("Between 1900 and today."))
        return birthday

    def _text(self, name: str, refusal: Any) -> str:
        value: str = self.cleaned_data[name].strip()
        try:
            text(value, column=name, longest=TEXTS[name])
        except BadValue:
            raise forms.ValidationError(refusal) from None
        return value

    def values(self) -> dict[str, Any]:
        """What the form says of the person, by the names of a contact's fields."""
        return {name: self.cleaned_data.get(name) for name in ("first_name", "email", "birthday")}
