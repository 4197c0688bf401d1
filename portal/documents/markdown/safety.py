"""Allow-list of the HTML in rendered Markdown; everything else is removed."""

import re

import nh3
from pygments.token import STANDARD_TYPES

from portal.documents.rendering.own_images import with_links_for_pictures

HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
TAGS = HEADINGS | {
    *("p", "br", "hr", "blockquote", "pre", "ul", "ol", "li", "details", "summary", "div"),
    *("table", "thead", "tbody", "tr", "th", "td"),
    *("a", "img", "code", "em", "strong", "del", "sup", "sub", "kbd", "span", "input", "section"),
}
ATTRIBUTES = {
    "a": {"href", "title", "id"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "th": {"align"},
    "td": {"align"},
    "li": {"id"},
    "sup": {"id"},
    "details": {"open"},
    "input": {"type", "checked", "disabled"},
} | {heading: {"id"} for heading in HEADINGS}
CLASSES = {
    "div": {"highlight", "footnote", "audience"},
    "span": {name for name in STANDARD_TYPES.values() if name},
    "li": {"task-list-item"},
    "ul": {"task-list"},
    "a": {"footnote-ref", "footnote-backref"},
}
SCHEMES = {"http", "https", "mailto"}
#: Removed together with their content, which is not text.
DROPPED = {"template", "object", "embed", "svg", "math"}
#: Shown as typed, as GFM 6.11 requires.
_SHOWN = re.compile(
    r"<(?=/?(?:title|textarea|style|xmp|iframe|noembed|noframes|script|plaintext)(?:[\s>]|/>|$))",
    re.IGNORECASE,
)
#: Characters that only disguise an address: some readers drop them before they parse the scheme.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)")
_EMPTY = {"br", "hr", "img", "input"}


def clean(html: str) -> str:
    return with_links_for_pictures(_cleaner.clean(_SHOWN.sub("&lt;", html)))


def depth(html: str) -> int:
    """The maximum nesting depth of tags in sanitised HTML."""
    now = most = 0
    for found in _TAG.finditer(html):
        if found[2] not in _EMPTY:
            now += -1 if found[1] else 1
            most = max(most, now)
    return most


def _attribute(tag: str, attribute: str, value: str) -> str | None:
    if attribute in ("href", "src") and _CONTROL.search(value):
        return None
    if attribute == "align" and value not in ("left", "center", "right"):
        return None
    if attribute == "start" and not value.isdecimal():
        return None
    return value


_cleaner = nh3.Cleaner(
    tags=TAGS,
    clean_content_tags=DROPPED,
    attributes=ATTRIBUTES,
    attribute_filter=_attribute,
    allowed_classes=CLASSES,
    url_schemes=SCHEMES,
    link_rel="noopener",
    set_tag_attribute_values={
        "input": {"type": "checkbox", "disabled": ""},
        "pre": {"tabindex": "0"},  # long lines scroll, which must work by keyboard too
    },
)
