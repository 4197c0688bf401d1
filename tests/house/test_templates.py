"""Templates keep to the content security policy and to escaping."""

import re
from functools import cache

from tests.house.tree import ROOT, tracked
from tests.support.nothing import require_none


@cache
def templates() -> dict[str, str]:
    paths = tracked("portal/*.html")
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}


def test_a_template_holds_no_inline_code_or_style():
    holds = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=")
    require_none(
        [name for name, text in templates().items() if holds.search(text)],
        "Put code and style into a file of portal/web/static",
    )


def test_a_template_trusts_no_text_by_itself():
    """What is safe HTML is marked so in Python, where it was made safe."""
    trusts = re.compile(r"\|\s*safe\b|autoescape\s+false")
    require_none(
        [name for name, text in templates().items() if trusts.search(text)],
        "Make it Markup in Python, where it is made safe",
    )


def test_every_form_that_posts_carries_the_token():
    posts = re.compile(r"<form[^>]*method=\"post\"", re.IGNORECASE)
    require_none(
        [n for n, text in templates().items() if text.count("csrf") < len(posts.findall(text))],
        "Put {{ ui.csrf() }} into each form that posts",
    )


def test_no_page_loads_anything_from_elsewhere():
    loads = re.compile(r"src=\"https?://|<(?:link|use|image)\b[^>]*href=\"https?://")
    require_none(
        [name for name, text in templates().items() if loads.search(text)],
        "Let the page load it from this site",
    )
