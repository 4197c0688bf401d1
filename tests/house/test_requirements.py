"""The pinned packages are all that is needed, and run on the oldest Python that is promised."""

from importlib.metadata import Distribution, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import ROOT
from tests.support.nothing import require_none

OLDEST = "3.11.0"


def pinned(file: str) -> list[Requirement]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line.strip() and line[0] not in "#-"]


PINNED = pinned("requirements.txt") + pinned("requirements-test.txt")
NAMES = {canonicalize_name(each.name) for each in PINNED}


def needed(package: Distribution, extras: set[str]) -> list[Requirement]:
    wanted = [Requirement(line) for line in package.requires or []]
    environments = [{"extra": extra} for extra in extras or {""}]
    return [
        each
        for each in wanted
        if each.marker is None or any(each.marker.evaluate(env) for env in environments)
    ]


def test_what_a_package_needs_is_pinned_too() -> None:
    """They are installed without asking what they need: that is quicker, and nothing slips in."""
    missing = {}
    for pin in PINNED:
        wanted = needed(distribution(pin.name), pin.extras)
        if names := {canonicalize_name(each.name) for each in wanted} - NAMES:
            missing[str(pin)] = names
    require_none(missing, "Pin what these packages need in the same requirements file")


def test_a_package_runs_on_the_oldest_python() -> None:
    newer = {}
    for pin in PINNED:
        promised = distribution(pin.name).metadata["Requires-Python"]
        if promised and not Requirement(f"python{promised}").specifier.contains(OLDEST):
            newer[str(pin)] = promised
    require_none(newer, f"Pin a version that runs on Python {OLDEST}")


def test_each_pin_is_installed() -> None:
    for pin in PINNED:
        assert pin.specifier.contains(distribution(pin.name).version), f"install {pin}: make test"


def test_files_that_are_installed_together_agree() -> None:
    """pip resolves all that it is given at once: two pins of one package can't be had."""
    files = sorted(path.name for path in ROOT.glob("requirements*.txt"))
    pins: dict[str, set[str]] = {}
    for file in files:
        for each in pinned(file):
            pins.setdefault(canonicalize_name(each.name), set()).add(str(each.specifier))
    assert len(files) >= 4
    require_none(
        {name: found for name, found in pins.items() if len(found) > 1},
        "Pin one version of a package in all requirements files",
    )
