"""Addresses of searches, as a page's links: what all of them share is written once a page."""

from collections.abc import Sequence

from portal.core.query_strings import pair, with_query
from portal.directory.search.chips import Chip, Filters
from portal.directory.search.search_query import PARAMETERS, Wish

Row = tuple[str, str, str, bool]
"""A filter's address, label and number of results, and whether it is on."""


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

    def rows(self, chips: Sequence[Chip]) -> list[Row]:
        return [
            (self._address(*chip.asks), chip.label, _number(chip), chip.is_on) for chip in chips
        ]

    def _address(self, name: str, values: Sequence[str]) -> str:
        """Of the search with these values for one parameter."""
        if name not in self._around:
            at = PARAMETERS.index(name)
            self._around[name] = self._joined(PARAMETERS[:at]), self._joined(PARAMETERS[at + 1 :])
        before, after = self._around[name]
        changed = "&".join([pair(name, each) for each in values])
        query = "&".join(filter(None, (before, changed, after)))
        return f"{self._start}?{query}" if query else self._start

    def _joined(self, names: Sequence[str]) -> str:
        return "&".join([self._parts[name] for name in names if name in self._parts])


def _number(chip: Chip) -> str:
    return f"{chip.count:,}+" if chip.is_more else f"{chip.count:,}"
