"""All names of each city, in memory: in the file they are ordered by name, and an index by city
would not fit into it.

Some 2.5 MB a process, read when a name is asked for the first time.
"""

from array import array
from bisect import bisect_left
from dataclasses import dataclass

from portal.directory.places.file import rows

BY_CITY = """SELECT city, group_concat(name, char(10)) FROM
    (SELECT city, name FROM names ORDER BY city, is_own DESC, name) GROUP BY city"""


@dataclass(frozen=True)
class Names:
    """Cities by number, where the names of each begin in the text, and the end of the text."""

    cities: "array[int]"
    starts: "array[int]"
    text: bytes

    def of(self, city: int) -> list[str]:
        """Its own name first."""
        at = bisect_left(self.cities, city)
        if at == len(self.cities) or self.cities[at] != city:
            return []
        return self.text[self.starts[at] : self.starts[at + 1]].decode().split("\n")


_names: list[Names] = []


def names_of_city(city: int) -> list[str]:
    """Nothing where the file can't be read; it is asked again the next time."""
    if not _names and (found := _read()).cities:
        _names.append(found)
    return _names[0].of(city) if _names else []


def _read() -> Names:
    cities, starts, text = array("i"), array("i", [0]), bytearray()
    for city, names in rows(BY_CITY):
        cities.append(city)
        text += names.encode()
        starts.append(len(text))
    return Names(cities, starts, bytes(text))
