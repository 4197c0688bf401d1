"""Small files and small functions, measured: the sizes are those of the style guide."""

from pathlib import Path
from statistics import median, quantiles

from tests.house.tree import functions, lines, tracked


def too_long(paths: list[Path], limit: int) -> list[str]:
    return [f"{lines(path)} {path.name}" for path in paths if lines(path) > limit]


def code() -> list[Path]:
    """The demo's word lists are data, in Python for want of a better place."""
    return [path for path in tracked("portal/*.py") if lines(path) and "demo" not in path.parts]


def test_most_python_files_are_short_and_none_is_endless():
    paths = code()
    assert median(lines(path) for path in paths) <= 100
    assert len(too_long(paths, 250)) <= len(paths) * 0.05, too_long(paths, 250)
    assert not too_long(paths, 400)


def test_most_functions_are_short_and_none_is_endless():
    found = [each for path in code() for each in functions(path)]
    lengths = [length for length, _ in found]
    assert median(lengths) <= 10
    assert quantiles(lengths, n=20)[-1] <= 30
    assert not [each for each in found if each[0] > 60]


def test_templates_are_short():
    paths = tracked("portal/*.html")
    assert median(lines(path) for path in paths) <= 50
    assert not too_long(paths, 160)


def test_a_script_has_one_behaviour():
    assert not too_long(tracked("portal/*.js"), 80)
