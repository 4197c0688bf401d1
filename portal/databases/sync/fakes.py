"""Fakes: made-up values that are the same for the same person, by a key of this control room.

Names are built of syllables rather than drawn from lists of real ones: in a directory of any size a
real person has every name on such a list, and a fake would look like a leak. They are
built word by word, so that a last name is the same inside a full name, a studio's name and an email
address. Telephone numbers begin with +999, which no country has; addresses of mail and web end with
.invalid, which no domain can (RFC 6761).
"""

import hashlib
import hmac
from bisect import bisect_left
from collections.abc import Callable
from functools import cached_property, lru_cache
from itertools import accumulate, count

from portal.databases.sync.source_values import digits_of, plain, text_of, words_of

STARTS = (
    "ba bre ca co da dre fa fi ga gro ha he jo ka kle la"
    " lo ma me na ne pa pri ra ro sa sto ta tri va vo ze"
)
MIDDLES = "bi do fa ga ku la mo ni pe ra se tu va wi xo zu"
ENDS = (
    "bel dan dor fen gan hal kor lin lon mar nel nor pan quin ran ren"
    " ros sel son tam tan tel thor van vek ver vin wen wick win yar zen"
)
SYLLABLES = [each.split() for each in (STARTS, MIDDLES, ENDS)]
ROADS = ("Avenue", "Close", "Crescent", "Gardens", "Lane", "Road", "Street", "Way")
NOT_MADE_UP = {"https", "images", "invalid", "people", "somebody", "webp"}
NOT_MADE_UP |= {road.lower() for road in ROADS}
"""Words of a language that occur in fakes, whether or not production contains them."""

LONGEST_NAME = 4
"""Words; longer names are cut, so that their number of words says nothing."""

NOBODYS_DOMAIN, NOBODYS_COUNTRY = ".invalid", "+999"

NO_PASSWORD = "$argon2id$v=19$m=65536,t=3,p=4$c3luYyBtYWtlcyBub2JvZHk$t6Jq3NQe0vXlVn3Zp0q8bq2sY0Hh8m6rV1o4k9cYx1E"  # noqa: E501, S105
"""The hash of a value that no one knows: no login succeeds with it."""

LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
PAIRS = [first + second for first in LETTERS for second in LETTERS]

PICTURES = 8
CACHED = 20_000
LOREM = 2048
"""The number of words that texts are cut from."""


class Fakes:
    """`taken`: whether a word occurs in the source. Such a word is never generated."""

    def __init__(
        self, key: bytes, taken: Callable[[str], bool], pictures: tuple[str, ...] = ()
    ) -> None:
        self._key = key
        self._taken = taken
        self._pictures = pictures
        self.word = lru_cache(CACHED)(self._word)

    @cached_property
    def _prose(self) -> tuple[str, list[int]]:
        """Words as one text, and the offset of each; the first ones are repeated at its end."""
        words = [self._word(f"prose {number}").lower() for number in range(LOREM)]
        starts = [0, *accumulate(len(each) + 1 for each in words * 2)]
        return " ".join(words * 2), starts

    def fake(self, kind: str, value: object, *, is_unique: bool = False) -> object:
        """The fake for a value of a kind. An empty value stays empty.

        `is_unique`: two values that differ only in case get two fakes.
        """
        if value is None or value == "":
            return value
        text = text_of(value) or str(value)
        return KINDS[kind](self, text, text if is_unique else plain(text))

    def name(self, text: str, _exact: str) -> str:
        return " ".join(self._words(text)[:LONGEST_NAME]) or self.word(text)

    def email(self, text: str, exact: str) -> str:
        local = ".".join(self._words(text.partition("@")[0])[:2]).lower() or "somebody"
        return f"{local}.{self._suffix('email', exact)}@people{NOBODYS_DOMAIN}"

    def username(self, text: str, exact: str) -> str:
        return "-".join([*self._words(text)[:2], self._suffix("username", exact)]).lower()

    def phone(self, text: str, _exact: str) -> str:
        number = self._number("phone", digits_of(text) or plain(text)) % 10**11
        digits = f"{number:011}"
        return f"{NOBODYS_COUNTRY} {digits[:3]} {digits[3:7]} {digits[7:]}"

    def address(self, text: str, _exact: str) -> str:
        road, _, rest = text.partition(",")
        number = self._number("road", plain(road))
        first = f"{number % 199 + 1} {self.word(plain(road))} {ROADS[number // 199 % len(ROADS)]}"
        return f"{first}, {place}" if (place := self._places(rest)) else first

    def place(self, text: str, _exact: str) -> str:
        return self._places(text) or self.word(plain(text))

    def latitude(self, text: str, _exact: str) -> float:
        """Somewhere in England or Scotland, with a precision of a metre as real ones have."""
        return 50.5 + self._number("latitude", text) % 8_000_000 / 1_000_000

    def longitude(self, text: str, _exact: str) -> float:
        return -5.5 + self._number("longitude", text) % 7_000_000 / 1_000_000

    def url(self, text: str, exact: str) -> str:
        return (
            f"https://{self.word(plain(text)).lower()}{NOBODYS_DOMAIN}/{self._suffix('url', exact)}"
        )

    def text(self, text: str, _exact: str) -> str:
        """The same number of lines, each of about the same length."""
        return "\n".join(self._line(line) for line in text.splitlines())

    def password(self, _text: str, _exact: str) -> str:
        return NO_PASSWORD

    def image(self, text: str, _exact: str) -> str:
        """One of the pictures that the sync creates."""
        return self._pictures[self._number("image", text) % len(self._pictures)]

    def _words(self, text: str) -> list[str]:
        return [self.word(each) for each in words_of(text)]

    def _places(self, text: str) -> str:
        """Place by place; parts with digits, such as postcodes, are left out."""
        parts = (plain(each) for each in text.split(","))
        return ", ".join(
            self.word(each) for each in parts if each and not any(c.isdigit() for c in each)
        )

    def _line(self, line: str) -> str:
        if not line.strip():
            return ""
        first = self._number("text", plain(line)) % LOREM
        made, length = [], len(line)
        while length > LOREM:  # far longer than any line
            made.append(self._cut(first, LOREM))
            length -= LOREM
        return " ".join([*made, self._cut(first, length)]).capitalize()

    def _cut(self, first: int, length: int) -> str:
        """As many words from that one on as fit into this length, and at least one."""
        prose, starts = self._prose
        last = bisect_left(starts, starts[first] + length, first + 1) - 1
        return prose[starts[first] : starts[max(last, first + 1)] - 1]

    def _word(self, text: str) -> str:
        starts, middles, ends = SYLLABLES
        for attempt in count():
            number = self._number("word", f"{attempt} {text}")
            parts = [starts[number % 32], middles[number // 32 % 16]]
            parts += [middles[number // 512 % 16]] * (attempt > 8)
            made = "".join([*parts, ends[number // 8192 % 32]])
            if not self._taken(made):
                return made.capitalize()
        raise AssertionError

    def _suffix(self, use: str, text: str) -> str:
        """Sixty bits: of a million values, two are the same once in millions of syncs."""
        number = int.from_bytes(self._digest(use, text)[:8], "big") >> 4
        return "".join([PAIRS[number >> shift & 1023] for shift in (50, 40, 30, 20, 10, 0)])

    def _number(self, use: str, text: str) -> int:
        return int.from_bytes(self._digest(use, text), "big")

    def _digest(self, use: str, text: str) -> bytes:
        raw = f"{use}\0{text}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(raw, digest_size=10, key=self._key).digest()


Kind = Callable[[Fakes, str, str], object]

KINDS: dict[str, Kind] = {
    each.__name__: each
    for each in (
        Fakes.name,
        Fakes.email,
        Fakes.username,
        Fakes.phone,
        Fakes.address,
        Fakes.place,
        Fakes.latitude,
        Fakes.longitude,
        Fakes.url,
        Fakes.text,
        Fakes.password,
        Fakes.image,
    )
}

PROSE = "text"


def fakes_key(room: bytes) -> bytes:
    """Derived from the control room's own key, so that it is stored, backed up and lost with it."""
    return hmac.new(room, b"fakes of the sync", "sha256").digest()
