"""Forms of a run's page. They check the shape of the input; the services check the rules."""

import re
from collections.abc import Iterable
from typing import Any, cast

from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Regexp
from wtforms.widgets import DateInput, TextArea, TextInput

from portal.accounts.login.password_in_form import TakesPassword
from portal.core.forms import BaseForm, Required, storable
from portal.runbooks.format.inputs import Input, InputKind
from portal.runbooks.page import StepCard, TypedValues

AS_TYPED = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
OF_STEP = {"form": "step-form"}
INPUT, STAGE = "input-", "stage-"
LONGEST, LONGEST_PHRASE = 100_000, 2_000
WHICH = "The request does not say which state of the run it is about."
_NUMBER = re.compile(r"[0-9]{1,12}\Z")


def _at_most(length: int) -> Length:
    return Length(max=length, message=f"Keep each field below {length:,} characters.")


class VersionForm(BaseForm):
    """`version` is the run's version when the page was rendered."""

    version = HiddenField(validators=[Required(WHICH), Regexp(_NUMBER, message=WHICH)])

    @property
    def number(self) -> int:
        """Raises InvalidForm."""
        self.require()
        return int(self.version.data)


class StepForm(VersionForm, TakesPassword):
    """`note` is None where the page shows no field for it, while an action runs."""

    tick = SelectMultipleField(validate_choice=False)
    note = TextAreaField(
        "Note (optional)",
        filters=[storable],
        validators=[_at_most(LONGEST)],
        render_kw={"rows": 2, **OF_STEP},
    )
    evidence = TextAreaField(
        filters=[storable], validators=[_at_most(LONGEST)], render_kw={"rows": 3, **OF_STEP}
    )
    phrase = StringField(validators=[_at_most(LONGEST_PHRASE)], render_kw=AS_TYPED | OF_STEP)

    @property
    def ticks(self) -> set[int]:
        sent = self.tick.data or []
        return {int(tick) for tick in sent if tick.isdecimal() and len(tick) < 6}

    def show(self, card: StepCard) -> None:
        """The values of this step, and a field that fits the evidence it asks for."""
        self.note.data, self.evidence.data = card.note, card.evidence
        if card.step.evidence and card.step.evidence.kind == "number":
            self.evidence.widget = TextInput()
            self.evidence.render_kw = {**(self.evidence.render_kw or {}), "inputmode": "decimal"}

    @property
    def typed(self) -> TypedValues:
        return TypedValues(ticks=self.ticks, note=self.note.data, evidence=self.evidence.data)


class AbortForm(VersionForm):
    reason = TextAreaField(
        "Why",
        filters=[storable],
        validators=[_at_most(LONGEST)],
        render_kw={"rows": 2, "required": True},
    )


class InputsForm(BaseForm):
    """The inputs of a runbook: see `inputs_form`."""

    def subject_of(self, field: Field) -> str:
        return str(field.short_name).removeprefix(INPUT)

    @property
    def values(self) -> dict[str, str]:
        """The submitted values by input name. Of a box that was not ticked nothing is sent."""
        return {
            self.subject_of(each): _value(each)
            for each in self.asked()
            if each.raw_data or isinstance(each, BooleanField)
        }


def inputs_form(inputs: Iterable[Input], **given: Any) -> InputsForm:
    """The form for a runbook's inputs, filled from this request; each input checks its value."""
    asked = {f"{INPUT}{each.name}": _field(each) for each in inputs}
    return cast(InputsForm, type("InputsForm", (InputsForm,), asked)(**given))


def _field(asked: Input) -> Field:
    if asked.kind is InputKind.FLAG:
        default = asked.default == "yes"
        return BooleanField(asked.label, description=asked.hint, default=default)
    label = asked.label if asked.required else f"{asked.label} (optional)"
    more = {"description": asked.hint, "default": asked.default}
    required: dict[str, Any] = {"required": True} if asked.required else {}
    if asked.kind is InputKind.CHOICE:
        first = [SelectChoice("", "Choose" if asked.required else "–")]
        choices = [SelectChoice(value, value) for value in asked.offered]
        if len(choices) > 1 or not asked.required:
            choices = first + choices
        return SelectField(
            label, choices=choices, validate_choice=False, render_kw=required, **more
        )
    if asked.kind is InputKind.NUMBER:
        required |= {"inputmode": "decimal"}
    widget = DateInput() if asked.kind is InputKind.DATE else TextInput()
    return StringField(label, widget=widget, render_kw=required, **more)


def _value(field: Field) -> str:
    if isinstance(field, BooleanField):
        return "yes" if field.data else "no"
    return str(field.data)


class StageForm(TakesPassword):
    """A phrase or a sentence for a stage: see `stage_form`."""

    @property
    def text(self) -> Field:
        return next(each for each in self if each.short_name.startswith(STAGE))

    def ask_for_a_sentence(self) -> None:
        self.text.widget = TextArea()
        more = (self.text.render_kw or {}).items()
        self.text.render_kw = {"rows": 3} | dict(each for each in more if each[0] not in AS_TYPED)


def stage_form(stage: str) -> StageForm:
    field = StringField(validators=[_at_most(LONGEST_PHRASE)], render_kw=AS_TYPED)
    form: StageForm = type("StageForm", (StageForm,), {f"{STAGE}{stage}": field})()
    return form


def phrase_typed(stage: str) -> str:
    """The phrase that this request submits for a stage. Raises InvalidForm."""
    form = stage_form(stage)
    form.require()
    return str(form.text.data or "")
