"""Base classes of all forms: Flask-WTF's, which adds the CSRF field."""

from typing import Any

from flask import flash, jsonify, redirect, request
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import FileField

from portal.core.errors import Invalid
from portal.core.storage.database import db


class InvalidForm(Invalid):
    """The form data is invalid; the message has the reasons."""

    status = 422


class BaseForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Forms validate shape; services validate rules."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """Only text for text fields and only files for file fields, whatever was
            sent; no JSON."""
            if formdata is None or hasattr(formdata, "getlist"):
                return formdata
            if not form.is_submitted():
                return None
            names = {each.name for each in form if isinstance(each, FileField)}
            if not names:
                return request.form or None
            texts = [each for each in request.form.items(multi=True) if each[0] not in names]
            files = [each for each in request.files.items(multi=True) if each[0] in names]
            return MultiDict([*texts, *files])

    def sent(self) -> bool:
        """Whether this form was submitted and is valid."""
        return bool(self.validate_on_submit())

    def require(self) -> None:
        """Raises InvalidForm, with a sentence for each error."""
        if not self.sent():
            messages = [str(each) for problems in self.errors.values() for each in problems]
            raise InvalidForm(" ".join(dict.fromkeys(messages)) or "This form can’t be read.")

    @property
    def problems(self) -> dict[str, str]:
        """The first error of each invalid field."""
        return {
            name: str(messages[0]) for name, messages in self.errors.items() if name and messages
        }


class ButtonForm(BaseForm):
    """A plain button: the CSRF field is its only content."""


def require_pressed() -> None:
    """For routes of a plain button. Raises Invalid when its form was not submitted."""
    if not ButtonForm().sent():
        raise Invalid("This form is out of date, so nothing was changed.")


def stripped(value: Any) -> Any:
    """A filter for text fields: removes surrounding white space."""
    return value.strip() if isinstance(value, str) else value


def storable(value: Any) -> Any:
    """A filter for text fields: removes NUL, which neither database can store."""
    return value.replace("\0", "") if isinstance(value, str) else value


def commit_and_redirect(address: str, sentence: str) -> Response:
    """Commit, go to the address, and say there what was done."""
    db.session.commit()
    flash(sentence, "done")
    return redirect(address, 303)


def json_answer(sentence: str, status: int) -> Response:
    """For a page's script, which shows the sentence."""
    response: Response = jsonify(said=sentence)
    response.status_code = status
    return response
