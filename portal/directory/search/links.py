"""Addresses of searches, as a page's links: what all of them share is written once a page."""

from collections.abc import Callable, Sequence
from functools import lru_cache

from markupsafe import Markup, escape

from portal.core.query_strings import pair, with_query
from portal.directory.search.chips import Chip, Filters
from portal.directory.search.search_query import PARAMETERS, Wish

Macro = Callable[[str, str, str], str]
"""A filter's text, from its address, label and number of results."""
HOLE = "\x00"


class Links:
    """The links of one page. `start` is the address of the list."""

    def __init__(self, start: str, filters: Filters) -> None:
        self._start = start
        self._parts = {
            name: "&".join(pair(name, each) for each in ([given] if type(given) is str else given))
            for name, given in filters.wish.parameters().items()
        }
        self._around: dict[str, tuple[str, str]] = {}

    def __call__(self, wish: Wish) -> str:
        return with_query(self._start, wish.parameters())

    def items(self, chips: Sequence[Chip], off: Macro, on: Macro) -> Markup:
        """The texts of all filters of a group."""
        return Markup("".join([self._item(chip, off, on) for chip in chips]))  # noqa: S704 — of macros

    def of(self, chip: Chip) -> str:
        """The address that a click asks for: the search with other values for one parameter."""
        name, values = chip.asks
        if name not in self._around:
            at = PARAMETERS.index(name)
            self._around[name] = self._joined(PARAMETERS[:at]), self._joined(PARAMETERS[at + 1 :])
        before, after = self._around[name]
        changed = "&".join([pair(name, each) for each in values])
        query = "&".join(filter(None, (before, changed, after)))
        return f"{self._start}?{query}" if query else self._start

    def _item(self, chip: Chip, off: Macro, on: Macro) -> str:
        href, number = self.of(chip), f"{chip.count:,}{'+' if chip.is_more else ''}"
        if chip.is_on:
            return on(href, chip.label, number)
        before, between, after = _around_values(off, chip.label)
        return f"{before}{escape(href)}{between}{number}{after}"

    def _joined(self, names: Sequence[str]) -> str:
        return "&".join([self._parts[name] for name in names if name in self._parts])


@lru_cache(256)
def _around_values(macro: Macro, label: str) -> tuple[str, str, str]:
    """The text before, between and after the address and the number: the same on all pages."""
    before, between, after = str(macro(HOLE, label, HOLE)).split(HOLE)
    return before, between, after
