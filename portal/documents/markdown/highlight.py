"""Highlights code with Pygments' CSS classes, without inline styles."""

import re
from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

#: Longer code is not highlighted: some lexers are slow on text in another language.
LONGEST = 50_000
_formatter = HtmlFormatter(nowrap=True)


def code_html(code: str, info: str) -> str:
    """A `pre` block; `info` is the fence's info string, its first word the language."""
    code = code.strip("\n") if not info and not code.strip() else code.rstrip("\n") + "\n"
    return (
        f'<div class="highlight"><pre><code>{_coloured(code, _language(info))}</code></pre></div>'
    )


def _language(info: str) -> str:
    found = re.match(r"\{?\.?([\w+#.-]+)", info)
    return found[1].lower() if found else ""


def _coloured(code: str, language: str) -> str:
    if not language or len(code) > LONGEST:
        return escape(code, quote=False)
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return escape(code, quote=False)
    return str(highlight(code, lexer, _formatter))
