"""Forms of the message editor. They check the shape of the input; the services check the rules."""

import re
from typing import Any, TypeVar

from wtforms import BooleanField, HiddenField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length, Optional, Regexp, ValidationError

from portal.core.forms import BaseForm, Required, storable
from portal.emails.drafting.drafts import LONGEST_FIELD
from portal.emails.drafting.template import Template
from portal.emails.drafting.unsaved import LONGEST_BODY, LONGEST_SUBJECT, EditedMessage
from portal.emails.review.already_sent import WHOLE_REPORT

_PAGE, _HASH = re.compile(r"[0-9a-f]{16}\Z"), re.compile(r"[0-9a-f]{64}\Z")
RELOAD = "The request does not say which words it is about. Reload the page."
TOO_LONG = (
    f"Keep the subject below {LONGEST_SUBJECT:,} and the text below {LONGEST_BODY:,} characters."
)

FIELD = "field-"
OPTIONAL = " Optional: left empty, its sentence is left out."
GONE = "Somebody whom you chose gets no messages any more. Look whom to tell."


def _at_most(length: int) -> Length:
    return Length(max=length, message=f"Keep each field below {length:,} characters.")


def _words(label: str) -> StringField:
    return StringField(
        label,
        filters=[storable],
        validators=[_at_most(LONGEST_FIELD)],
        render_kw={"autocomplete": "off"},
    )


def _plain(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return value.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")


class EditForm(BaseForm):
    subject = StringField(
        "Subject",
        validators=[Length(max=LONGEST_SUBJECT, message=TOO_LONG)],
        render_kw={"autocomplete": "off"},
    )
    body = TextAreaField(
        "Text", filters=[_plain], validators=[Length(max=LONGEST_BODY, message=TOO_LONG)]
    )
    seen = HiddenField()
    page = HiddenField(validators=[Optional(), Regexp(_PAGE, message=RELOAD)])
    key = HiddenField(validators=[Optional(), Regexp(_PAGE, message=RELOAD)])
    known = HiddenField(validators=[Optional(), Regexp(_HASH, message=RELOAD)])

    def typed(self) -> EditedMessage:
        return EditedMessage(
            subject=self.subject.data or "",
            body=self.body.data or "",
            seen=self.seen.data or "",
            page=self.page.data or "",
            key=self.key.data or "",
            known=self.known.data or "",
        )


class UnsavedForm(EditForm):
    """`EditForm` for autosave, with the account that opened the page."""

    page = HiddenField(validators=[Required(RELOAD), Regexp(_PAGE, message=RELOAD)])
    seen = HiddenField(validators=[Required(RELOAD), Regexp(_HASH, message=RELOAD)])
    writer = HiddenField()


class DiscardForm(BaseForm):
    key = HiddenField(validators=[Required(RELOAD), Regexp(_PAGE, message=RELOAD)])


class FindingForm(BaseForm):
    """`finding` is the key of the finding, `seen` the hash of the message that was shown."""

    finding = HiddenField(validators=[Required("Choose the finding to confirm.")])
    seen = HiddenField()


class SeenForm(BaseForm):
    """`seen` is the hash of the message that was shown."""

    seen = HiddenField()


class CorrectionForm(BaseForm):
    wrong = _words("What we wrote")
    right = _words("What is right")


class FieldsForm(BaseForm):
    """The values of a template's fields: see `fields_form`."""

    def typed(self) -> dict[str, str]:
        """By field name; before a submission, the template's defaults."""
        return {each.label.text: "" if each.raw_data == [] else each.data for each in self.fields}

    @property
    def fields(self) -> list[TextAreaField]:
        return [each for each in self if each.short_name.startswith(FIELD)]


class RefillForm(FieldsForm):
    seen = HiddenField()
    with_others = BooleanField("In the other drafts made with it too")


class MailingForm(FieldsForm):
    incident = HiddenField(filters=[storable])
    template = HiddenField(filters=[storable])
    update = HiddenField(default=WHOLE_REPORT)
    contact = SelectMultipleField(choices=[], validate_choice=False)

    def validate_contact(self, field: SelectMultipleField) -> None:
        known = {value for value, _ in field.choices}
        if not known.issuperset(field.data or []):
            raise ValidationError(GONE)


F = TypeVar("F", bound=FieldsForm)


def fields_form(kind: type[F], template: Template, **given: Any) -> F:
    """The form of that kind with this template's fields, filled from this request."""
    asked = {
        f"{FIELD}{at}": TextAreaField(
            each.name,
            description=f"{each.hint}{OPTIONAL if each.optional else ''}".strip(),
            default=each.default,
            filters=[storable],
            validators=[_at_most(LONGEST_FIELD)],
            render_kw={"rows": 2},
        )
        for at, each in enumerate(template.asked)
    }
    form: F = type(kind.__name__, (kind,), asked)(**given)
    return form
