"""Forms of a run's page. They check the shape of the input; the services check the rules."""

import re
from collections.abc import Iterable
from typing import cast

from wtforms import HiddenField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Regexp

from portal.core.forms import BaseForm, storable
from portal.runbooks.format.inputs import Input
from portal.runbooks.page import TypedValues

INPUT, STAGE = "input-", "stage-"
LONGEST, LONGEST_PHRASE = 100_000, 2_000
WHICH = "The request does not say which state of the run it is about."
_NUMBER = re.compile(r"[0-9]{1,12}\Z")


def _at_most(length: int) -> Length:
    return Length(max=length, message=f"Keep each field below {length:,} characters.")


class VersionForm(BaseForm):
    """`version` is the run's version when the page was rendered."""

    version = HiddenField(validators=[InputRequired(message=WHICH), Regexp(_NUMBER, message=WHICH)])

    @property
    def number(self) -> int:
        """Raises InvalidForm."""
        self.require()
        return int(self.version.data)


class StepForm(VersionForm):
    """`note` is None where the page shows no field for it, while an action runs."""

    tick = SelectMultipleField(validate_choice=False)
    note = TextAreaField(filters=[storable], validators=[_at_most(LONGEST)])
    evidence = TextAreaField(filters=[storable], validators=[_at_most(LONGEST)])
    phrase = StringField(validators=[_at_most(LONGEST_PHRASE)])

    @property
    def ticks(self) -> set[int]:
        sent = self.tick.data or []
        return {int(tick) for tick in sent if tick.isdecimal() and len(tick) < 6}

    @property
    def typed(self) -> TypedValues:
        return TypedValues(ticks=self.ticks, note=self.note.data, evidence=self.evidence.data)


class AbortForm(VersionForm):
    reason = TextAreaField(filters=[storable], validators=[_at_most(LONGEST)])


class InputsForm(BaseForm):
    """The inputs of a runbook: see `inputs_form`."""

    @property
    def values(self) -> dict[str, str]:
        """The submitted values by input name."""
        return {
            each.short_name.removeprefix(INPUT): each.data
            for each in self
            if each.short_name.startswith(INPUT) and each.raw_data
        }


def inputs_form(inputs: Iterable[Input]) -> InputsForm:
    """The form for a runbook's inputs, filled from this request; each input checks its value."""
    asked = {f"{INPUT}{each.name}": StringField(each.label) for each in inputs}
    return cast(InputsForm, type("InputsForm", (InputsForm,), asked)())


def phrase_typed(stage: str) -> str:
    """The phrase that this request submits for a stage. Raises InvalidForm."""
    form = _stage_form(stage)
    form.require()
    return str(form[f"{STAGE}{stage}"].data or "")


def sentence_kept(stage: str) -> str:
    """The text that a refused request submitted for a stage that asks for a sentence."""
    return str(_stage_form(stage)[f"{STAGE}{stage}"].data or "")


def _stage_form(stage: str) -> BaseForm:
    field = StringField(validators=[_at_most(LONGEST_PHRASE)])
    form: BaseForm = type("StageForm", (BaseForm,), {f"{STAGE}{stage}": field})()
    return form
