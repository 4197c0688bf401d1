import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.errors import Invalid
from portal.runbooks.format.inputs import check_inputs, parse_input


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("target", "write “name: type”"),
        ("2x: text", "write “name: type”"),
        ("x: word", "the type must be one of text, number, choice, flag, date"),
        ("x:", "the type must be one of"),
        ("x: choice", "a choice needs its values"),
        ("x: choice required", "a choice needs its values"),
        ("x: text pattern=[", "the pattern can't be read"),
        ("x: text colour=red", "“colour” is not known here"),
        ("x: text sometimes", "“sometimes” is not known here"),
        ("x: choice a|b default=c", "“c” is not a value it can have"),
        ("x: number default=many", "“many” is not a value it can have"),
    ],
)
def test_an_input_that_can_not_be_read_says_why(line, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_input(line, 1)


@pytest.mark.parametrize(
    ("line", "good", "bad"),
    [
        ("x: text", "any thing", "two\nlines"),
        ("x: text pattern=^OPS-[0-9]+$", "OPS-12", "ops-12"),
        ("x: text pattern=^OPS-[0-9]+$", "OPS-12", "OPS-12\n"),
        ("x: number", "-1.5", "two"),
        ("x: number", "1e3", "NaN"),
        ("x: choice a|b", "b", "B"),
        ("x: date", "2026-11-22", "22.11.2026"),
        ("x: text", "x" * 2000, "x" * 2001),
    ],
)
def test_a_value_is_kept_as_typed_or_refused(line, good, bad):
    asked = parse_input(line, 1)
    assert asked.check(good) == good
    with pytest.raises(Invalid):
        asked.check(bad)


@pytest.mark.parametrize("kind", ["text", "number", "choice a|b", "date"])
def test_what_is_required_must_be_there_and_the_rest_may_be_empty(kind):
    with pytest.raises(Invalid, match="is needed"):
        parse_input(f"x: {kind} required", 1).check(" ")
    assert parse_input(f"x: {kind}", 1).check("") == ""


def test_a_flag_is_yes_or_no():
    flag = parse_input("x: flag", 1)
    assert (flag.check("yes"), flag.check("")) == ("yes", "no")


def test_a_default_replaces_what_was_not_sent():
    asked = [parse_input("x: choice a|b default=b", 1), parse_input("y: flag default=yes", 2)]
    assert check_inputs(asked, {}) == {"x": "b", "y": "yes"}


def test_quotes_hold_words_together():
    asked = parse_input("""x: text label="Change 'ticket'" hint='a "b"' required""", 1)
    assert (asked.label, asked.hint) == ("Change 'ticket'", 'a "b"')


@given(st.text(max_size=60))
def test_no_line_breaks_the_reader(line):
    with suppress(ValueError):
        assert parse_input(line, 1).name
