"""Forms of live incidents. They check the shape of the input; the services check the rules."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import (
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, Regexp, ValidationError
from wtforms.widgets import CheckboxInput, DateTimeLocalInput, HiddenInput, ListWidget

from portal.core.clock import now
from portal.core.forms import BaseForm, Required, storable, stripped
from portal.documents.audiences.audience import Audience
from portal.incidents.live.opening import Opening
from portal.incidents.live.phases import LONGEST, LONGEST_TITLE
from portal.incidents.live.updates import Said
from portal.incidents.parsing.vocabulary import Severity

RELOAD = "This form is out of date, so nothing was sent. Load the page again."
AUDIENCES = [
    SelectChoice(Audience.INTERNAL.value, "Staff only"),
    SelectChoice(Audience.CLIENTS.value, "Clients"),
    SelectChoice(Audience.PUBLIC.value, "Everybody: the status page, and all clients"),
]
MINUTES = {"": "no promise", "15": "15 minutes", "30": "30 minutes", "60": "1 hour"}
MINUTES |= {"120": "2 hours", "240": "4 hours", "1440": "a day"}
PROMISES = [SelectChoice(value, label) for value, label in MINUTES.items()]
SEVERITIES = [SelectChoice(each.value, each.value.capitalize()) for each in Severity]
WHEN = "Give the day and the time, such as 2026-01-31 14:30."


def _one_line(label: str, **more: Any) -> StringField:
    return StringField(label, filters=[storable, stripped], **more)


def _moment(label: str, description: str = "") -> StringField:
    return StringField(label, description=description, widget=DateTimeLocalInput())


def _several(label: str, description: str = "") -> SelectMultipleField:
    return SelectMultipleField(
        label,
        description=description,
        choices=[],
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


def _number() -> IntegerField:
    return IntegerField(widget=HiddenInput(), default=0, validators=[Optional()])


class ActForm(BaseForm):
    """`once_key` is this form's own, so that sending it twice is one act."""

    once_key = HiddenField(
        default=lambda: token_hex(16),
        validators=[Required(RELOAD), Regexp(r"[0-9a-f]{32}\Z", message=RELOAD)],
    )
    version = _number()
    seen = _number()
    text = TextAreaField(
        "Update",
        description=f"One to three sentences, at most {LONGEST} characters.",
        filters=[storable, stripped],
        render_kw={"rows": 4, "maxlength": LONGEST},
    )


class UpdateForm(ActForm):
    phase = SelectField("Phase", validate_choice=False)
    audience = RadioField(
        "For", choices=AUDIENCES, default=Audience.INTERNAL.value, validate_choice=False
    )
    clients = _several("Only these clients", "None ticked: all clients.")
    next_update = SelectField(
        "Next update within", choices=PROMISES, default="30", validate_choice=False
    )
    happened = _moment(
        "When it happened", "Only if it was earlier. Staff see that it was added later."
    )
    corrects = SelectField(
        "Corrects", choices=[SelectChoice("", "no update")], validate_choice=False
    )

    def validate_audience(self, field: RadioField) -> None:
        if field.data not in set(Audience):
            raise ValidationError("Choose whom it is for.")

    def validate_next_update(self, field: SelectField) -> None:
        if field.data not in MINUTES:
            raise ValidationError("Choose one of the times.")

    def validate_happened(self, field: StringField) -> None:
        _local(field.data)

    def validate_corrects(self, field: SelectField) -> None:
        if field.data and not re.fullmatch("[0-9]{1,6}", str(field.data)):
            raise ValidationError("Choose the update that it corrects.")

    def said(self, zone: str) -> Said:
        """What a valid form says; times without a zone are of this one."""
        wait, audience = int(self.next_update.data or 0), Audience(self.audience.data)
        return Said(
            text=self.text.data or "",
            phase=self.phase.data or "",
            audience=audience,
            once_key=self.once_key.data or "",
            clients=() if audience is Audience.INTERNAL else tuple(self.clients.data or ()),
            next_update_at=now() + timedelta(minutes=wait) if wait else None,
            happened_at=_utc(self.happened.data, zone),
            corrects=int(self.corrects.data) if self.corrects.data else None,
            version=self.version.data or 0,
            seen=self.seen.data or 0,
        )


class OpeningForm(UpdateForm):
    """`report` is the slug of the report that the incident is about, if there is one already."""

    report = HiddenField(filters=[storable, stripped])
    title = _one_line(
        "What is wrong", render_kw={"maxlength": LONGEST_TITLE, "autocomplete": "off"}
    )
    severity = SelectField(
        "How bad", choices=SEVERITIES, default=Severity.MAJOR.value, validate_choice=False
    )
    affected = _several("What is affected")
    own = _one_line(
        "Also affected", description="In the words of those who use it, separated by commas."
    )
    begins = _moment("Maintenance begins")
    ends = _moment("Maintenance ends")

    def validate_severity(self, field: SelectField) -> None:
        if field.data not in set(Severity):
            raise ValidationError("Choose how bad it is.")

    def validate_begins(self, field: StringField) -> None:
        _local(field.data)

    def validate_ends(self, field: StringField) -> None:
        _local(field.data)

    @property
    def is_maintenance(self) -> bool:
        return bool(self.severity.data == Severity.MAINTENANCE)

    def opening(self, zone: str) -> Opening:
        """The facts in a valid form."""
        of_it = self.is_maintenance
        return Opening(
            title=self.title.data or "",
            severity=Severity(self.severity.data),
            affected=[*(self.affected.data or ()), *(self.own.data or "").split(",")],
            begins_at=_utc(self.begins.data, zone) if of_it else None,
            ends_at=_utc(self.ends.data, zone) if of_it else None,
            report=self.report.data or None,
        )


class LeadForm(BaseForm):
    lead = SelectField("Lead", validate_choice=False)

    def validate_lead(self, field: SelectField) -> None:
        if field.data not in values_of(field):
            raise ValidationError("Choose a member of staff.")


class UpdateIdForm(BaseForm):
    """Which update a button is about."""

    update = IntegerField(widget=HiddenInput(), validators=[Required(RELOAD)])


def choose_from(field: Any, offered: Mapping[str, str]) -> None:
    """Those that are offered, and those that were sent and are not offered any more."""
    gone = {str(each): str(each) for each in field.data or () if each not in offered}
    field.choices = [SelectChoice(*each) for each in {**offered, **gone}.items()]


def renew(field: IntegerField, value: int) -> None:
    """Also where a form is shown again as it was sent."""
    field.data, field.raw_data = value, None


def values_of(field: Any) -> set[str]:
    """What can be chosen in it."""
    return {str(each.value) for each in field.choices}


def _local(text: Any) -> datetime | None:
    """None for an empty field."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        raise ValidationError(WHEN) from None
    if not 2000 <= at.year < 3000:
        raise ValidationError(WHEN)
    return at


def _utc(text: Any, zone: str) -> datetime | None:
    at = _local(text)
    return at.replace(tzinfo=at.tzinfo or ZoneInfo(zone)).astimezone(UTC) if at else None
