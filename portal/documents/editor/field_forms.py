"""The editor's form with the fields of a kind of document: `field_title`, `field_body`."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar

from wtforms import SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from portal.core.forms import BaseForm, storable
from portal.documents.drafting.filling import NOT_READ
from portal.documents.drafting.state import EditorState
from portal.documents.editor.forms import EditorForm, plain
from portal.documents.fields.definition import BODY, FieldSet, FieldSpec, Shape
from portal.documents.fields.edit import LISTED, NOT_WRITTEN, picked
from portal.documents.fields.sheet import Sheet

F = TypeVar("F", bound=EditorForm)
PREFIX = "field_"
ROWS = {Shape.PARAGRAPH: 3, Shape.LIST: 3}


def with_fields(form: type[F], fields: FieldSet) -> type[F]:
    """The form class with the fields."""
    kind: Any = form
    made: type[F] = _with_fields(kind, fields)
    return made


@lru_cache(maxsize=32)
def _with_fields(form: Any, fields: FieldSet) -> Any:
    made = {f"{PREFIX}{spec.name}": _made(spec) for spec in fields.specs}
    made[f"{PREFIX}{BODY}"] = TextAreaField(
        "Text",
        description=fields.body_hint,
        filters=[plain],
        render_kw={"rows": 24, "spellcheck": "true"},
    )
    return type(f"{form.__name__}With{len(made)}Fields", (form,), made)


def _made(spec: FieldSpec) -> Any:
    common: dict[str, Any] = {"description": spec.hint}
    if spec.shape is Shape.CHOICE:
        return SelectField(spec.label, choices=[], validate_choice=False, **common)
    if spec.shape is Shape.NAMES:
        return SelectMultipleField(
            spec.label,
            choices=[],
            validate_choice=False,
            widget=ListWidget(prefix_label=False),
            option_widget=CheckboxInput(),
            **common,
        )
    common |= {"filters": [plain, storable]}
    if spec.shape in ROWS:
        return TextAreaField(spec.label, render_kw={"rows": ROWS[spec.shape]}, **common)
    return StringField(spec.label, render_kw={"autocomplete": "off"}, **common)


def typed_in(form: BaseForm, fields: FieldSet) -> dict[str, str]:
    """What was sent. An unchecked box sends nothing, so its field counts as sent."""
    found = {}
    for name in (*(spec.name for spec in fields.specs), BODY):
        field = form[f"{PREFIX}{name}"]
        if isinstance(field, SelectMultipleField):
            found[name] = "\n".join(field.data or [])
        elif field.raw_data:
            found[name] = str(field.data or "")
    return found


def fill(form: BaseForm, fields: FieldSet, editor: EditorState) -> None:
    """Show the values of the page: those of the file, or those that were typed."""
    if (sheet := editor.sheet) is None:
        return
    values = {**sheet.values, **(editor.edited.values or {})}
    for spec in fields.specs:
        _fill(form[f"{PREFIX}{spec.name}"], fields, spec, sheet, values[spec.name])
    form[f"{PREFIX}{BODY}"].data = values[BODY]


def _fill(field: Any, fields: FieldSet, spec: FieldSpec, sheet: Sheet, value: str) -> None:
    was, field.data = sheet.values[spec.name], value
    if spec.shape is Shape.CHOICE:
        field.choices = _choices(fields, spec, [was, value])
    elif spec.shape is Shape.NAMES:
        chosen = [each for each in value.split("\n") if each]
        field.data, known = chosen, fields.names()
        strange = [each for each in chosen if each not in dict(known)]
        field.choices = [
            *(SelectChoice(*each) for each in known),
            *(SelectChoice(each, f"{each} (not a client here)") for each in strange),
        ]
    elif spec.shape is Shape.TIME and (picked(value) or not value):
        field.data = picked(value).replace(" ", "T")
        field.render_kw = {**(field.render_kw or {}), "type": "datetime-local"}
    if spec.takes_insertions:
        field.render_kw = {**(field.render_kw or {}), "data-takes-insertions": ""}
    if place := sheet.places.get(spec.name):
        said = f"The text below says it, on line {place.line}, and is changed there."
        field.description = f"{field.description} {said}".strip()


def _choices(fields: FieldSet, spec: FieldSpec, values: list[str]) -> list[SelectChoice]:
    choices = [SelectChoice(each.value, each.words) for each in spec.choices]
    known = {each.value for each in spec.choices}
    for value in dict.fromkeys(values):
        if value not in known:
            term = fields.read_as(spec.name, value)
            choices.append(SelectChoice(value, f"{value} (read as {term})" if term else value))
    return choices


def problems_of(problems: Mapping[str, str]) -> dict[str, str]:
    return {f"{PREFIX}{name}": sentence for name, sentence in problems.items()}


def not_in_text(problems: Mapping[str, str]) -> dict[str, str]:
    """Those of them whose fields have something that could not be written into the text."""
    lost = (NOT_WRITTEN, *(each.partition("{}")[0] for each in (LISTED, NOT_READ)))
    return {name: said for name, said in problems.items() if said.startswith(lost)}


def kept_names(form: BaseForm, *, in_fields: bool) -> list[str]:
    """The inputs whose changes are saved by themselves."""
    fields = [each.short_name for each in form if each.short_name.startswith(PREFIX)]
    return [*(fields if in_fields else ["text"]), "slug", "note"]
