"""Style sheets, scripts and images as pages load them: one address each, named by its content.

The sources are small files, each with one concern. A bundle of them is concatenated and compressed
at its first use, once per process, so a page loads one sheet and one script. In debug mode it is
rebuilt whenever a source has changed.
"""

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import brotli

Stamp = tuple[tuple[int, int], ...]
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}
#: A script that runs immediately, before the page is painted.
AT_ONCE = "js/theme.js"
#: The others run when the page has been parsed, like deferred scripts.
_LATER = "document.addEventListener('DOMContentLoaded', () => {\n%s\n});\n"


@dataclass(frozen=True)
class Asset:
    """The file that a browser gets under one name, with its content in each encoding."""

    name: str
    content: bytes

    @cached_property
    def hash(self) -> str:
        return sha256(self.content).hexdigest()[:16]

    @cached_property
    def file_name(self) -> str:
        """`room.3f2a….css`."""
        path = Path(self.name)
        return f"{path.stem}.{self.hash}{path.suffix}"

    @property
    def content_type(self) -> str:
        return _TYPES[Path(self.name).suffix]

    def encoded(self, encoding: str) -> bytes:
        return {"br": self._brotli, "gzip": self._gzip}.get(encoding, self.content)

    @cached_property
    def _brotli(self) -> bytes:
        return bytes(brotli.compress(self.content, quality=11))

    @cached_property
    def _gzip(self) -> bytes:
        return gzip.compress(self.content, 9, mtime=0)


class Assets:
    """The assets of one application. `bundles` maps a name to the files of the bundle."""

    def __init__(
        self, folder: Path, bundles: dict[str, tuple[str, ...]], *, may_change: bool
    ) -> None:
        self._folder = folder
        self._bundles = bundles
        self._may_change = may_change
        self._made: dict[str, tuple[Stamp, Asset]] = {}

    def named(self, name: str) -> Asset:
        """Raises KeyError for an unknown bundle."""
        known = self._made.get(name)
        if known and not self._may_change:  # a page requests each of its icons
            return known[1]
        sources = [self._folder / source for source in self._bundles[name]]
        if known and known[0] == _stamp(sources):
            return known[1]
        stamp = _stamp(sources)  # before reading, so that a change meanwhile is noticed
        asset = Asset(name, self._content(name))
        self._made[name] = stamp, asset
        return asset

    def of_file_name(self, file_name: str) -> tuple[Asset, bool]:
        """The asset of an address, and whether its hash is that of the current content.

        Raises KeyError if there is none.
        """
        stem, _, rest = file_name.partition(".")
        given, _, suffix = rest.partition(".")
        asset = self.named(f"{stem}.{suffix}")
        return asset, asset.hash == given

    def names(self) -> Iterable[str]:
        return self._bundles.keys()

    def _content(self, name: str) -> bytes:
        sources = self._bundles[name]
        if name.endswith(".js") and len(sources) > 1:
            return "".join(map(self._script, sources)).encode()
        return b"\n".join((self._folder / source).read_bytes() for source in sources)

    def _script(self, source: str) -> str:
        text = (self._folder / source).read_text(encoding="utf-8")
        return f"{text}\n" if source == AT_ONCE else _LATER % text


def _stamp(sources: list[Path]) -> Stamp:
    stats = [source.stat() for source in sources]
    return tuple((stat.st_mtime_ns, stat.st_size) for stat in stats)
