"""The locks: what requirements*.txt pin, with the hashes of the files that pip may install.

    python tools/pins.py make           ask the index that pip is set to, write locks/*.txt
    python tools/pins.py check [run …]  exit 1 where a lock is not what its requirements say

`make pins` runs the first, and each installation of the Makefile the second. It uses pip's own way
to an index, so that a mirror, a proxy and a certificate are those of pip's settings.
"""

import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SOURCES = {
    "run": "requirements.txt",
    "test": "requirements-test.txt",
    "check": "requirements-dev.txt",
    "s3": "requirements-s3.txt",
}
MACHINES = ("x86_64", "aarch64", "arm64", "universal2")
OLDEST = 11


def lock_of(name: str) -> Path:
    return ROOT / "locks" / f"{name}.txt"


def pins_in(text: str) -> list[str]:
    """The lines that pin a package, without hashes, comments and other files."""
    lines = (line.split(" ")[0].strip() for line in text.splitlines())
    return [line for line in lines if "==" in line and line[0] not in "#-"]


def wanted(name: str) -> list[str]:
    return pins_in((ROOT / SOURCES[name]).read_text(encoding="utf-8"))


def locked(name: str) -> list[str]:
    file = lock_of(name)
    return pins_in(file.read_text(encoding="utf-8")) if file.exists() else []


def stale(names: Iterable[str]) -> list[str]:
    """One sentence for each lock that is not what its requirements say."""
    found = []
    for name in names:
        differ = sorted(set(wanted(name)) ^ set(locked(name)))
        if differ:
            lock = lock_of(name).relative_to(ROOT)
            found.append(f"{SOURCES[name]} and {lock} differ ({differ[0]} …): run make pins.")
    return found


def is_usable(filename: str) -> bool:
    """For CPython 3.11 or newer on Linux or macOS, or a source archive."""
    if not filename.endswith(".whl"):
        return filename.endswith((".tar.gz", ".zip"))
    pythons, abi, platforms = filename[: -len(".whl")].split("-")[-3:]
    return fits_python(pythons, abi) and fits_platform(platforms)


def fits_python(pythons: str, abi: str) -> bool:
    tags = pythons.split(".")
    if "py3" in tags:
        return True
    minors = [int(tag[3:]) for tag in tags if tag.startswith("cp3") and tag[3:].isdigit()]
    return any(abi == "abi3" or (minor >= OLDEST and abi == f"cp3{minor}") for minor in minors)


def fits_platform(platforms: str) -> bool:
    tags = platforms.split(".")
    return "any" in tags or any(
        tag.startswith(("manylinux", "musllinux", "macosx")) and tag.endswith(MACHINES)
        for tag in tags
    )


class Index:
    """The index, and the folders beside it, that pip is set to ask."""

    def __init__(self) -> None:
        from pip._internal.commands import create_command  # noqa: PLC0415

        command: Any = create_command("install")
        options, _ = command.parse_args(["--quiet"])
        session = command._build_session(options)
        self._collector = command._build_package_finder(options, session)._link_collector

    def hashes(self, pin: str) -> list[str]:
        """Of all usable files of one release. Raises LookupError where there is none."""
        name, version = pin.split("==")
        found = {
            link.hash
            for link in self._links(name.split("[")[0])
            if link.hash_name == "sha256" and is_of(link.filename, version)
        }
        if not found:
            raise LookupError(f"The index has no file of {pin}.")
        return sorted(found)

    def _links(self, name: str) -> Iterator[Any]:
        from pip._internal.index.collector import parse_links  # noqa: PLC0415
        from pip._internal.models.link import Link  # noqa: PLC0415

        for address in self._collector.search_scope.get_index_urls_locations(name):
            if page := self._collector.fetch_response(Link(address)):
                yield from parse_links(page)


def is_of(filename: str, version: str) -> bool:
    from pip._vendor.packaging.utils import parse_sdist_filename, parse_wheel_filename  # noqa: PLC0415
    from pip._vendor.packaging.version import Version  # noqa: PLC0415

    if not is_usable(filename):
        return False
    is_wheel = filename.endswith(".whl")
    try:
        found = (parse_wheel_filename if is_wheel else parse_sdist_filename)(filename)[1]
    except ValueError:
        return False
    return found == Version(version)


def text_of(name: str, hashes: dict[str, list[str]]) -> str:
    lines = [f"# Made by `make pins` of {SOURCES[name]}: change that file, and run it again."]
    for pin in wanted(name):
        lines += [" \\\n    ".join([pin, *(f"--hash=sha256:{each}" for each in hashes[pin])])]
    return "\n".join(lines) + "\n"


def make() -> None:
    index = Index()
    pins = [pin for name in SOURCES for pin in wanted(name)]
    with ThreadPoolExecutor(8) as threads:
        hashes = dict(zip(pins, threads.map(index.hashes, pins), strict=True))
    lock_of("run").parent.mkdir(exist_ok=True)
    for name in SOURCES:
        lock_of(name).write_text(text_of(name, hashes), encoding="utf-8")
    print(f"{len(hashes)} pins, {sum(map(len, hashes.values()))} files.")


def main(words: list[str]) -> int:
    if words[:1] == ["make"]:
        try:
            make()
        except LookupError as error:
            print(error)
            return 1
        return 0
    sentences = stale(words[1:] or SOURCES)
    print("\n".join(sentences), end="\n" if sentences else "")
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["check"]))
