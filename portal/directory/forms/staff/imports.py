"""Upload a file of studios, say what its columns are, choose, import."""

from collections.abc import Sequence
from typing import Any

from flask_wtf.file import FileField
from wtforms import BooleanField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from portal.accounts.login.password_in_form import TakesPassword
from portal.core.forms import BaseForm
from portal.directory.imports.columns import CHOICES
from portal.directory.imports.files import Options, Upload
from portal.directory.imports.reading.decoding import ENCODINGS
from portal.directory.imports.reading.proposing import Mapping
from portal.directory.imports.reading.rows import DELIMITERS
from portal.directory.imports.verdicts.judging import ADD, CHANGE, SKIP, Verdict

FIELDS = [SelectChoice("", "Not used"), *(SelectChoice(*each) for each in CHOICES)]
NAMED = {"\t": "tab"}
WORDS = {SKIP: "Skip", ADD: "Import all the same", CHANGE: "Update that studio"}
UNKNOWN = "Choose one of the list."


class UploadForm(BaseForm):
    file = FileField(
        "CSV file",
        description="At most 20 MB and 50,000 rows. Nothing is imported yet.",
        render_kw={"accept": ".csv,.tsv,.txt,text/csv"},
    )

    def validate_file(self, field: FileField) -> None:
        if not field.data or not field.data.filename:
            raise ValidationError("Choose a file.")


class ColumnsForm(BaseForm):
    """`columns`: problems that are about several of the fields for columns, which are added."""

    encoding = SelectField(
        "Encoding",
        choices=[SelectChoice(*each) for each in ENCODINGS.items()],
        validate_choice=False,
    )
    delimiter = SelectField(
        "Cells are separated by",
        choices=[
            SelectChoice(NAMED.get(sign, sign), word.capitalize())
            for sign, word in DELIMITERS.items()
        ],
        validate_choice=False,
    )
    has_headings = BooleanField("The first row has the headings")
    status = RadioField(
        "New studios are",
        choices=[
            SelectChoice("draft", "Drafts, which no visitor sees"),
            SelectChoice("published", "Published where nothing is missing, else drafts"),
        ],
        default="draft",
        validate_choice=False,
    )
    updates = BooleanField(
        "Change studios that were imported before, if the file says something else"
    )
    shows_phone = BooleanField("Show the phone numbers of new studios to visitors")
    shows_address = BooleanField("Show the addresses of new studios to visitors")

    def validate_encoding(self, field: SelectField) -> None:
        _require_known(field)

    def validate_delimiter(self, field: SelectField) -> None:
        _require_known(field)

    def validate_status(self, field: RadioField) -> None:
        _require_known(field)

    def subject_of(self, field: Any) -> str:
        return "columns" if field.short_name == "column_0" else super().subject_of(field)

    @property
    def chosen(self) -> Mapping:
        fields = {each.short_name: each.data for each in self}
        return {
            int(name.removeprefix("column_")): str(value)
            for name, value in fields.items()
            if name.startswith("column_") and value
        }

    @property
    def sign(self) -> str:
        return next((sign for sign, name in NAMED.items() if name == self.delimiter.data), "") or (
            str(self.delimiter.data)
        )

    @property
    def options(self) -> Options:
        return Options(
            status=str(self.status.data),
            updates=bool(self.updates.data),
            shows_phone=bool(self.shows_phone.data),
            shows_address=bool(self.shows_address.data),
        )


class ImportForm(TakesPassword):
    without_bad = BooleanField("Leave the bad rows out")


def columns_form(upload: Upload) -> type[ColumnsForm]:
    """With a field for each column of the file."""
    fields = {
        f"column_{place}": SelectField(
            f"Field for “{heading}”", choices=FIELDS, validators=[_require_of_list]
        )
        for place, heading in enumerate(upload.headings)
    }
    for each in fields.values():
        each.kwargs["validate_choice"] = False
    return type("ColumnsOfFileForm", (ColumnsForm,), fields)


def columns_data(upload: Upload) -> dict[str, Any]:
    """What the form shows."""
    columns = {f"column_{place}": name for place, name in upload.columns.items()}
    reading = {
        "encoding": upload.encoding,
        "delimiter": NAMED.get(upload.delimiter, upload.delimiter),
        "has_headings": upload.has_headings,
    }
    return columns | reading | upload.options


def choices_form(doubtful: Sequence[Verdict]) -> type[BaseForm]:
    """With a field for each of these rows, and one for all of them."""
    fields: dict[str, Any] = {
        f"line_{each.line}": SelectField(
            f"What to do with line {each.line}",
            choices=[SelectChoice(act, WORDS[act]) for act in each.may],
            validate_choice=False,
            validators=[_require_of_list],
        )
        for each in doubtful
    }
    every = SelectField(
        "All doubtful rows",
        default="",
        choices=[
            SelectChoice("", "As chosen for each"),
            *(SelectChoice(act, WORDS[act]) for act in (SKIP, ADD, CHANGE)),
        ],
        validate_choice=False,
        validators=[_require_of_list],
    )
    return type("ChoicesForm", (BaseForm,), {"every": every, **fields})


def chosen_lines(form: BaseForm) -> dict[int, str]:
    return {
        int(each.short_name.removeprefix("line_")): str(each.data)
        for each in form
        if each.short_name.startswith("line_") and each.data
    }


def _require_of_list(_form: BaseForm, field: SelectField) -> None:
    _require_known(field)


def _require_known(field: SelectField) -> None:
    known = {each.value for each in field.choices}
    if field.data is not None and field.data not in known:
        raise ValidationError(UNKNOWN)
