"""Small files and small functions, measured: the sizes are those of the style guide.

`pytest tests/house/test_sizes.py -s` prints them, and those of the code that the guide looks to.
"""

import sys
from functools import cache
from pathlib import Path
from statistics import median, quantiles

from tests.house.tree import ROOT, functions, lines, tracked
from tests.support.nothing import require_none

SPLIT = "Divide what you added by what its parts do, each in a module of its own"
LONGEST_FILE, LONGEST_TEMPLATE, LONGEST_SCRIPT = 300, 150, 80
MODELS = {
    "healthchecks": "42 / 161 / 1,584   8 / 32 / 181     21 / 646     99 %",
    "fizzy": "24 / 80 / 269      3 / 10 / 75      13 / 158     –",
    "h": "63 / 198 / 942     8 / 31 / 328     24 / 739     12 %",
    "warehouse": "88 / 489 / 2,543   8 / 41 / 1,229   31 / 1,524   23 %",
    "notifications-admin": "87 / 530 / 3,398   5 / 27 / 199     39 / 1,004   3 %",
}
"""Lines of files and functions (median / 90th percentile / longest), of templates (median /
longest), and functions whose return is typed, as measured in each project's own files."""


def too_long(paths: list[Path], limit: int) -> list[str]:
    return [f"{lines(path)} {path.relative_to(ROOT)}" for path in paths if lines(path) > limit]


@cache
def code() -> list[Path]:
    """The demo's word lists are data, in Python for want of a better place."""
    return [path for path in tracked("portal/*.py") if lines(path) and "demo" not in path.parts]


def templates() -> list[Path]:
    return tracked("portal/*.html")


def lengths() -> list[int]:
    """Of all functions."""
    return [each.length for path in code() for each in functions(path)]


def ninetieth(lengths: list[int]) -> float:
    return quantiles(lengths, n=10)[-1]


def without_typed_return() -> list[str]:
    found = (each for path in tracked("portal/*.py") for each in functions(path))
    return [each.name for each in found if not each.has_typed_return]


def test_most_python_files_are_short_and_none_is_endless():
    paths = code()
    assert median(lines(path) for path in paths) <= 100, SPLIT
    if len(too_long(paths, 250)) > len(paths) * 0.05:
        require_none(too_long(paths, 250), f"Too many files of more than 250 lines. {SPLIT}")
    require_none(too_long(paths, LONGEST_FILE), f"At most {LONGEST_FILE} lines a file. {SPLIT}")


def test_most_functions_are_short_and_none_is_endless():
    found = lengths()
    assert median(found) <= 8, "divide the longest functions of what you added"
    assert ninetieth(found) <= 25, "divide the longest functions of what you added"
    require_none(
        [each.name for path in code() for each in functions(path) if each.length > 60],
        "At most 60 lines a function: divide it by what its parts do",
    )


def test_templates_are_short():
    paths = templates()
    assert median(lines(path) for path in paths) <= 50, "divide the longest ones"
    require_none(
        too_long(paths, LONGEST_TEMPLATE),
        f"At most {LONGEST_TEMPLATE} lines a template: include a part that begins with “_”",
    )


def test_a_script_has_one_behaviour():
    require_none(
        too_long(tracked("portal/*.js"), LONGEST_SCRIPT),
        f"At most {LONGEST_SCRIPT} lines a script: one behaviour each",
    )


def test_every_function_says_what_it_returns():
    require_none(without_typed_return(), "Give these functions the type that they return")


def test_the_figures_stand_beside_those_of_the_models():
    shown = table()
    sys.stdout.write(f"\n{shown}")
    assert shown.count("\n") == len(MODELS) + 2


def table() -> str:
    files, pages = [lines(path) for path in code()], [lines(path) for path in templates()]
    found = lengths()
    typed = 1 - len(without_typed_return()) / len(found)
    rows = MODELS | {
        "this code": f"{three(files):<19}{three(found):<17}{two(pages):<13}{typed:.0%}"
    }
    head = f"{'':<21}files              functions        templates    typed returns\n"
    return head + "".join(f"{name:<21}{figures}\n" for name, figures in rows.items())


def three(sizes: list[int]) -> str:
    return f"{median(sizes):.0f} / {ninetieth(sizes):.0f} / {max(sizes):,}"


def two(sizes: list[int]) -> str:
    return f"{median(sizes):.0f} / {max(sizes):,}"
