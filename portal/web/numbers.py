"""Numbers in addresses: plain digits that a database can hold; every other one is not there."""

from flask import Flask, request
from werkzeug.exceptions import NotFound as NotThere
from werkzeug.routing import IntegerConverter

from portal.core.errors import NotFound

#: The largest number of a row, on every engine.
LARGEST = 2**31 - 1
#: What addresses ask for by number behind the question mark.
ASKED = ("page", "before", "after", "version")
LENIENT = ("directory",)
#: There, what stands behind it is a word, and the page says where it can't be read.
WORDS = ("after",)


class RowNumber(IntegerConverter):
    """In the place of `int`, which takes any digits of any script in any number.

    What it refuses is not there: no other route with room for it is asked instead.
    """

    def to_python(self, value: str) -> int:
        if not _is_plain(value):
            raise NotThere
        return int(value)


def init_numbers(app: Flask) -> None:
    """Before any route is added."""
    app.url_map.converters["int"] = RowNumber
    app.before_request(refuse_numbers_that_are_none)


def refuse_numbers_that_are_none() -> None:
    """Raises NotFound; what is no number at all is left to the page.

    The directory's pages say what they took in the place of a short one that they can't use.
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
