"""Numbers in addresses: decimal digits in the range of the database; others are not found."""

from flask import Flask, request
from werkzeug.exceptions import NotFound as NotThere
from werkzeug.routing import IntegerConverter

from portal.core.errors import NotFound

#: The largest id that every engine supports.
LARGEST = 2**31 - 1
#: Query parameters that are numbers.
ASKED = ("page", "before", "after", "version")
LENIENT = ("directory",)
#: On lenient pages these parameters are text, and the page reports invalid values.
WORDS = ("after",)


class RowNumber(IntegerConverter):
    """Replaces the converter `int`, which accepts digits of any script and any length.

    A refused value matches no route, so other routes that match are tried.
    """

    def to_python(self, value: str) -> int:
        if not _is_plain(value):
            raise NotThere
        return int(value)


def init_numbers(app: Flask) -> None:
    """Call before any route is added."""
    app.url_map.converters["int"] = RowNumber
    app.before_request(refuse_numbers_that_are_none)


def refuse_numbers_that_are_none() -> None:
    """Raises NotFound for a number out of range; a non-number is left to the page.

    Pages of the directory report the default that they used for a short invalid number.
    """
    if not request.query_string:
        return
    is_lenient = request.blueprint in LENIENT
    for name in ASKED:
        if is_lenient and name in WORDS:
            continue
        given = request.args.getlist(name)
        if not all(_can_be_asked(text, is_lenient=is_lenient) for text in given):
            raise NotFound("There is nothing at this address.")


def _can_be_asked(text: str, *, is_lenient: bool) -> bool:
    digits = text.strip().lstrip("+-")
    is_short = is_lenient and len(digits) <= 10
    if is_short or not any(char.isnumeric() for char in digits):
        return True
    return _is_plain(digits) or not digits.isnumeric()


def _is_plain(digits: str) -> bool:
    short = digits.isascii() and digits.isdecimal() and len(digits) <= 10
    return short and int(digits) <= LARGEST
