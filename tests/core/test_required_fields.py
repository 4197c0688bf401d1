"""A field that has to be filled in is so only by something that can be seen, in every form."""

from collections.abc import Iterator

from flask import Flask
from wtforms import Field, IntegerField, PasswordField, StringField
from wtforms.csrf.core import CSRFTokenField
from wtforms.validators import DataRequired, InputRequired

import portal.app  # noqa: F401 — every form of the product is imported
from portal.core.forms import BaseForm, Required, is_blank, stripped
from tests.support.nothing import require_none

BLANKS = (" ", "\t\r\n", "\u00a0\u200b", "\0")


def forms(of: type[BaseForm] = BaseForm) -> Iterator[type[BaseForm]]:
    """All that a module of the product defines, and none that is made for one request."""
    for each in of.__subclasses__():
        if each.__module__.startswith("portal."):
            yield each
        yield from forms(each)


def typed(form: BaseForm) -> list[Field]:
    fields = [each for each in form if isinstance(each, StringField | IntegerField)]
    return [each for each in fields if not isinstance(each, PasswordField | CSRFTokenField)]


def problems_of(app: Flask, form: type[BaseForm], text: str) -> dict[str, str]:
    """At the fields that are typed, where this is in each of them."""
    with app.test_request_context("/"):
        names = [each.name for each in typed(form(formdata=None))]
    with app.test_request_context("/", method="POST", data=dict.fromkeys(names, text)):
        found = form()
        for each in typed(found):
            own = getattr(form, f"validate_{each.short_name}", None)
            each.validate(found, [own] if own else [])
        return found.problems  # the first of each


def test_what_is_refused_when_it_is_empty_is_refused_when_it_is_blank(app: Flask):
    accepted, looked = [], set()
    for form in forms():
        empty = problems_of(app, form, "")
        looked |= {f"{form.__name__}.{name}" for name in empty}
        for blank in BLANKS if empty else ():
            found = problems_of(app, form, blank)
            accepted += [
                f"{form.__module__}.{form.__name__}.{name}: {blank!r} gives {found.get(name)!r}"
                for name, sentence in empty.items()
                if found.get(name) != sentence
            ]
    require_none(accepted, "Give these fields Required of portal.core.forms")
    assert len(looked) > 40, looked


def test_no_field_is_required_by_the_means_of_wtforms(app: Flask):
    """They take a blank text for one."""
    with app.test_request_context("/"):
        found = {
            f"{form.__module__}.{form.__name__}.{field.name}"
            for form in forms()
            for field in form(formdata=None)
            for each in field.validators
            if isinstance(each, InputRequired | DataRequired) and not isinstance(each, Required)
        }
    require_none(found, "Give these fields Required of portal.core.forms")


def test_what_can_be_seen_is_no_blank():
    assert [text for text in ("a", " a ", "\u200b.", "👍", None, 0) if is_blank(text)] == []
    assert [text for text in ("", *BLANKS) if not is_blank(text)] == []
    assert [stripped(text) for text in (" a ", "\u200b \u200b", None)] == ["a", "", None]
