"""A message's HTML as its reader may see it, with inline styles.

Mail programs drop the styles in a head, so the colours are in each tag; programs that keep it find
the dark colours there.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from css_inline import CSSInliner
from markupsafe import Markup

from portal.documents.audiences.audience import Reader, for_reader
from portal.documents.images.access import with_keys
from portal.documents.rendering.render import Rendered, render
from portal.emails.plain import text_of

SCHEMES = ("light", "dark")
_PAGE = Markup(
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark">'
    '<meta name="supported-color-schemes" content="light dark">'
    "<title>{subject}</title><style>{css}</style></head>"
    '<body><div class="letter">{html}</div></body></html>\n'
)
_DARK = "(prefers-color-scheme: dark)"
_OWN_PATH = re.compile(r'(?<= )(href|src)="/(?!/)')


@dataclass(frozen=True)
class RenderedMessage:
    """A message as its reader will see it: HTML page, plain text, and why rendering failed."""

    html: str
    text: str
    problem: str | None = None


def rendered_for(body: str, reader: Reader) -> Rendered:
    """The Markdown rendered for this reader."""
    return render(for_reader(body, reader), audience=reader.key)


def shown(*, subject: str, body: str, reader: Reader, base_url: str) -> RenderedMessage:
    """`base_url` is prepended to the site's own addresses, which have no host."""
    rendered = rendered_for(body, reader)
    html = str(with_keys(rendered.html, for_good=True))
    html = _OWN_PATH.sub(rf'\1="{base_url}/', html)
    html = html.replace(' tabindex="0"', "")
    page = as_page(subject, Markup(html))  # noqa: S704 (sanitised)
    return RenderedMessage(page, text_of(html), rendered.note)


def as_page(subject: str, html: Markup) -> str:
    """A whole page with inline styles."""
    return _inliner.inline(str(_PAGE.format(subject=subject, css=_css(), html=html)))


def in_scheme(page: str, scheme: str) -> str:
    """The page in `light` or `dark`, regardless of the reader's preference; any other value leaves
    it unchanged.
    """
    if scheme not in SCHEMES:
        return page
    head, end, rest = page.partition("</head>")
    head = head.replace(_DARK, "all" if scheme == "dark" else "not all")
    return head.replace('content="light dark"', f'content="{scheme}"') + end + rest


@lru_cache(maxsize=1)
def _css() -> Markup:
    path = Path(__file__).with_name("letter.css")
    return Markup(path.read_text(encoding="utf-8"))  # noqa: S704 (a file of our own)


_inliner = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
