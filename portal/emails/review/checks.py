"""Checks of a message: it can't be sent while there is a blocking finding."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from portal.documents.audiences.audience import Reader, for_reader
from portal.emails.drafting.placeholders import placeholders_in_line
from portal.emails.html import rendered_for
from portal.emails.plain import text_of
from portal.emails.review.doubtful import doubts_of_message
from portal.emails.review.finding import Finding, Weight, as_findings
from portal.emails.review.secrets import secrets_in

#: Marks of text that is not for clients.
_INTERNAL = re.compile(
    r"\binternal(?:[ -]only\b|[ -]use\b|(?=\s*[:)\]]))|\b(?:not|never)[ -]for[ -]clients?\b|"
    r"\bdo[ -]not[ -](?:send|forward|share)\b|\bstaff[ -]only\b|^[ \t>]*///",
    re.I | re.M,
)
_BRACKETS = re.compile(r"\[([^\[\]\n]*[^\[\]\s][^\[\]\n]*)\]")
#: Literal brackets: typed as a value, or escaped by the author.
_MEANT = re.compile(r"&#91;|&#x5b;|&lsqb;|&lbrack;|\\\[", re.I)
LONGEST = 100_000


@dataclass(frozen=True)
class Checked:
    """The input of the checks. Brackets in `values`, which were filled in, are not placeholders.

    `confirmed` are keys of confirmed findings; `fields` the keys of filled fields. `others` are
    names and slugs of other clients and their people, `own` those of this one. `leads_somewhere`
    says whether the site has a page at a path.
    """

    subject: str
    body: str
    reader: Reader
    base_url: str
    values: Sequence[str] = ()
    own: Sequence[str] = ()
    others: Sequence[str] = ()
    internal_words: Sequence[str] = ()
    attachments: Sequence[str] = ()
    names: Sequence[str] = ()
    fields: Collection[str] = ()
    confirmed: Collection[str] = ()
    leads_somewhere: Callable[[str], bool] = field(default=lambda path: True)


def findings(message: Checked) -> list[Finding]:
    """All findings, blocking ones first; the message may be approved if there are none."""
    if len(message.body) > LONGEST:
        return [Finding(f"The text is longer than {LONGEST:,} characters.")]
    found = [*_shape(message), *_placeholders(message), *_doubtful(message)]
    unique = list(dict.fromkeys([*found, *_words(message), *_links(message)]))
    return sorted(unique, key=lambda finding: list(Weight).index(finding.weight))


def blocking(found: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.is_blocking]


def _shape(message: Checked) -> Iterator[Finding]:
    if not message.subject.strip():
        yield Finding("The subject is empty.")
    if len(message.subject.splitlines()) > 1:
        yield Finding("The subject must be one line.")
    if len(message.subject) > 200:
        yield Finding("The subject is longer than 200 characters.", Weight.WARNING)
    rendered = rendered_for(message.body, message.reader)
    if rendered.failed:
        yield Finding(f"{rendered.note}")
    elif not text_of(str(rendered.html)).strip():
        yield Finding("The message is empty.")
    if for_reader(message.body, message.reader) != message.body:
        words = "Parts of the text are for others; they are left out of what this client gets."
        yield Finding(words, Weight.WARNING)
    yield from (Finding(sentence) for sentence in message.attachments)


def _placeholders(message: Checked) -> Iterator[Finding]:
    """Checks the rendered text instead of the source, since that is what a reader would see."""
    meant = _MEANT.sub("", message.body)
    seen = _text_without_code(str(rendered_for(meant, message.reader).html))
    names = [found[1].strip() for found in _BRACKETS.finditer(seen)]
    subject = message.subject
    for value in message.values:
        subject = subject.replace(value, "") if "[" in value else subject
    names += [each.name for each in placeholders_in_line(subject)]
    for name in dict.fromkeys(names):
        yield Finding(f"Nothing is filled in for “[{name}]”.")


def _doubtful(message: Checked) -> list[Finding]:
    doubts = doubts_of_message(
        message.subject, message.body, message.reader, names=message.names, fields=message.fields
    )
    return as_findings(doubts, message.confirmed)


def _words(message: Checked) -> Iterator[Finding]:
    source = for_reader(message.body, message.reader)
    seen = text_of(str(rendered_for(message.body, message.reader).html))
    text = f"{message.subject}\n{seen}"
    for found in _INTERNAL.finditer(text):
        yield Finding(f"“{found[0].strip()}” marks words that are not for clients.")
    for word in message.internal_words:
        if _holds(text, word):
            yield Finding(f"“{word}” is an internal word.")
    without_own = text
    for name in sorted(message.own, key=len, reverse=True):
        without_own = re.sub(_whole(name), " ", without_own, flags=re.I)
    for name in message.others:
        if name.strip() and _holds(without_own, name):
            yield Finding(f"“{name}” is another client’s name.")
    for what in dict.fromkeys([*secrets_in(text), *secrets_in(source)]):
        yield Finding(f"The text seems to hold {what}.")


def _links(message: Checked) -> Iterator[Finding]:
    parser = _Addresses()
    parser.feed(str(rendered_for(message.body, message.reader).html))
    for address in dict.fromkeys(parser.links):
        if not address.strip():
            yield Finding("A link has no address.")
        elif why := why_dead(address, message.base_url, parser.ids, message.leads_somewhere):
            yield Finding(f"The link to “{address}” leads nowhere: {why}.")
    for address in dict.fromkeys(parser.images):
        words = f"The picture “{address}” may not be shown: many programs load none by themselves."
        yield Finding(words, Weight.WARNING)


def why_dead(
    address: str, base_url: str, ids: Sequence[str], leads_somewhere: Callable[[str], bool]
) -> str | None:
    """Checked without network access: the server never fetches an address from a text."""
    if address.startswith("#"):
        return None if address[1:] in ids else "there is no such heading in the message"
    path = address.removeprefix(base_url)
    if path.startswith("/") and not path.startswith("//"):
        return None if leads_somewhere(urlsplit(path).path) else "this site has no such page"
    return None if address == base_url else _dead_elsewhere(address)


def _dead_elsewhere(address: str) -> str | None:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return "it can't be read"
    if parts.scheme == "mailto":
        return None if "@" in parts.path else "there is no address in it"
    if not parts.scheme and not host:
        return "it is a path, not an address"
    if host in ("127.0.0.1", "::1") or "." not in host.strip("."):
        return "it can be reached from this machine alone"
    return None


def _holds(text: str, word: str) -> bool:
    return re.search(_whole(word), text, re.I) is not None


def _whole(words: str) -> str:
    inner = r"\s+".join(re.escape(part) for part in words.split())
    return rf"(?<!\w){inner}(?!\w)"


def _text_without_code(html: str) -> str:
    """Also removes task boxes and images, which add brackets to the plain text."""
    html = re.sub(r"<(?:input|img)\b[^>]*>", " ", html, flags=re.I)
    return text_of(re.sub(r"<code\b.*?</code>", " ", html, flags=re.S | re.I))


class _Addresses(HTMLParser):
    """The links, pictures and anchors of rendered Markdown."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.images: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(given.get("href", ""))
        if tag == "img":
            self.images.append(given.get("src", ""))
        if "id" in given:
            self.ids.append(given["id"])
