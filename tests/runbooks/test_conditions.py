import pytest

from portal.runbooks.format.conditions import parse_condition


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("target = production", True),
        ("target=production", True),
        ("target != production", False),
        ("target = Production", False),
        ("target = production and loud = no", True),
        ("target = production and loud = yes", False),
        ("missing = x", False),
        ("missing != x", True),
    ],
)
def test_a_condition_compares_exactly(text, holds):
    assert parse_condition(text).holds({"target": "production", "loud": "no"}) is holds


@pytest.mark.parametrize("text", ["", "target", "= x", "target >= x", "target = ", "a = b and"])
def test_what_can_not_be_read_is_refused(text):
    with pytest.raises(ValueError, match="can't be read"):
        parse_condition(text)


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        ("a = x", True),
        ("a = z", False),
        ("a = x and a = y", False),
        ("a != x and a != y", False),
        ("free = 1 and free = 2", False),
        ("free != 1 and free != 2", True),
        ("a = x and free = 1", True),
    ],
)
def test_whether_a_condition_can_ever_hold(text, possible):
    choices = {"a": ["x", "y"], "free": None}
    assert parse_condition(text).can_hold(choices) is possible
