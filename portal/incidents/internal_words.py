"""Words that only staff should read, found in what others would.

Which ones: those that the report lists under `internal-words`; notes to oneself (TODO, FIXME, XXX,
TBD); the words INTERNAL and CONFIDENTIAL in capitals; names of machines that end in .internal,
.local, .lan or .corp; addresses of private networks.
"""

import re
from collections.abc import Iterable, Iterator

_OURS = re.compile(
    r"\b(?:TODO|FIXME|XXX|TBD|INTERNAL|CONFIDENTIAL)\b"
    r"|\b[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+)*\.(?:internal|local|lan|corp)\b"
    r"|\b(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})\b"
)


def internal_words_in(text: str, listed: Iterable[str] = ()) -> list[str]:
    """Each once, as it stands in the text; `listed` are a report's own, in any case."""
    return list(dict.fromkeys(_found(text, listed)))


def _found(text: str, listed: Iterable[str]) -> Iterator[str]:
    yield from (found[0] for found in _OURS.finditer(text))
    for word in listed:
        pattern = r"\s+".join(re.escape(part) for part in word.split())
        yield from (found[0] for found in re.finditer(rf"(?<!\w){pattern}(?!\w)", text, re.I))
