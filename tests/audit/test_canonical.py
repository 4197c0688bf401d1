"""Canonical JSON against RFC 8785's own rules."""

import json
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.audit.chain.canonical import canonical

texts = st.text(alphabet=st.characters(exclude_categories=()))
keys = st.text(alphabet=st.characters(max_codepoint=127), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(keys, inner),
    max_leaves=20,
)


class Word(StrEnum):
    ONE = "one"


def test_keys_are_sorted_and_nothing_is_spaced():
    assert canonical({"b": [1, True, None], "a": {"d": "x", "c": -0}}) == (
        '{"a":{"c":0,"d":"x"},"b":[1,true,null]}'
    )


def test_text_is_escaped_as_the_rfc_has_it():
    """RFC 8785, 3.2.2.2: short escapes where JSON has them, else \\u00xx; the rest as it is."""
    assert canonical('\x00\x08\t\n\x0b\x0c\r\x1f"\\/\x7f€\u2028😀') == (
        '"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f\\"\\\\/\x7f€\u2028😀"'
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2**53 - 1, "9007199254740991"),
        (2**53, '"9007199254740992"'),
        (-(2**53), '"-9007199254740992"'),
        (1.5, '"1.5"'),
        (Word.ONE, '"one"'),
        (("a", "b"), '["a","b"]'),
        ({"b", "a"}, '["a","b"]'),
        ("\ud800", '"\ufffd"'),
        ("\ud83d\ude00", '"😀"'),
        (UUID(int=0), '"00000000-0000-0000-0000-000000000000"'),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), '"2026-01-02T03:04:05.000000Z"'),
        (
            datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=2))),
            '"2026-01-02T01:04:05.000006Z"',
        ),
    ],
)
def test_what_json_can_not_carry_becomes_text(value, text):
    assert canonical(value) == text


def test_a_key_outside_ascii_is_a_fault_of_the_program():
    with pytest.raises(ValueError, match="ASCII"):
        canonical({"größe": 1})


@given(values)
def test_the_text_is_its_own_canonical_form_and_always_utf8(value):
    text = canonical(value)
    assert canonical(json.loads(text)) == text
    text.encode()
