"""A message's HTML: what its reader may see, laid out as everywhere, its styles in the tags.

Programs that show mail drop what stands in a head, so the colours stand in each tag; those that
keep it find the ones for the dark there.
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
class Shown:
    """A message as it will be read: its page, its plain twin, and why it could not be laid out."""

    html: str
    text: str
    problem: str | None = None


def rendered_for(body: str, reader: Reader) -> Rendered:
    """The Markdown as this reader sees it."""
    return render(for_reader(body, reader), audience=reader.key)


def shown(*, subject: str, body: str, reader: Reader, base_url: str) -> Shown:
    """`base_url` stands before addresses of the site's own, which have no host."""
    rendered = rendered_for(body, reader)
    html = str(with_keys(rendered.html, for_good=True))
    html = _OWN_PATH.sub(rf'\1="{base_url}/', html)
    html = html.replace(' tabindex="0"', "")
    page = _PAGE.format(subject=subject, css=_css(), html=Markup(html))  # noqa: S704 (sanitised)
    return Shown(_inliner.inline(str(page)), text_of(html), rendered.note)


def in_scheme(page: str, scheme: str) -> str:
    """The page as it looks in `light` or `dark`, whichever its reader's machine prefers; for any
    other word as it is."""
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
