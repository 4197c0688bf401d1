"""What may stand in the HTML of a document, and whether a piece of HTML keeps to it.

The lists are written out here again: a tag added to the sanitiser by mistake fails a test.
"""

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Comment, Doctype

TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "ul", "ol", "li"),
    *("details", "summary", "div", "table", "thead", "tbody", "tr", "th", "td", "a", "img", "code"),
    *("em", "strong", "del", "sup", "sub", "kbd", "span", "input", "section"),
}
ATTRIBUTES = {
    "a": {"href", "title", "id", "rel", "class"},
    "img": {"src", "alt", "title"},
    "pre": {"tabindex"},
    "ol": {"start"},
    "th": {"align"},
    "td": {"align"},
    "li": {"id", "class"},
    "sup": {"id"},
    "ul": {"class"},
    "div": {"class"},
    "span": {"class"},
    "details": {"open"},
    "input": {"type", "checked", "disabled"},
} | {f"h{level}": {"id"} for level in range(1, 7)}
SCHEMES = {"", "http", "https", "mailto"}
BEYOND = {"html", "head", "body"}


def faults(html: str, tags: set[str] = TAGS) -> list[str]:
    """Each tag, attribute, scheme or comment that a browser finds and that is not on the list."""
    soup = BeautifulSoup(html, "html5lib")
    found = [f"{type(text).__name__} {text}" for text in soup.find_all(string=_is_no_text)]
    for tag in soup.find_all(True):
        if tag.name not in tags | BEYOND:
            found.append(f"<{tag.name}>")
        found += [f"{tag.name}[{name}]" for name in tag.attrs if not _known(tag.name, name)]
        found += [value for name in ("href", "src") if (value := bad_address(tag.get(name, "")))]
        found += _special(tag)
    return found


def faulty(texts: Sequence[str], to_html: Callable[[str], str], tags: set[str] = TAGS) -> list[str]:
    """The texts whose HTML has a fault. A hundred are parsed at once: each is closed in itself."""
    found = []
    for start in range(0, len(texts), 100):
        batch = texts[start : start + 100]
        if faults("\n".join(to_html(text) for text in batch), tags):
            found += [text for text in batch if faults(to_html(text), tags)] or batch
    return found


def _is_no_text(text: object) -> bool:
    return isinstance(text, Comment | Doctype)


def _known(tag: str, attribute: str) -> bool:
    return attribute in ATTRIBUTES.get(tag, set())


def bad_address(address: str) -> str | None:
    """Browsers drop blanks around an address and line ends in it; here, all control characters."""
    plain = "".join(char for char in address if char >= " ").strip()
    try:
        scheme = urlsplit(plain).scheme
    except ValueError:
        scheme = plain.partition(":")[0].lower()
    return None if scheme in SCHEMES else address


def _special(tag: object) -> list[str]:
    if tag.name == "img" and "src" in tag.attrs:
        source = tag["src"].strip().replace("\\", "/")
        if source.startswith("//") or ":" in source:
            return [f"image from {source}"]
    if tag.name == "input" and (tag.get("type") != "checkbox" or "disabled" not in tag.attrs):
        return ["an input that is no disabled box"]
    if tag.name == "a" and "noopener" not in tag.get("rel", []):
        return ["a link without noopener"]
    return []
