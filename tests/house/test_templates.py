"""Templates keep to the content security policy and to escaping."""

import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, tracked

TEMPLATES = tracked("portal/*.html")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_holds_no_inline_code_or_style(path: Path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_trusts_no_text_by_itself(path: Path):
    """What is safe HTML is marked so in Python, where it was made safe."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe\b|autoescape\s+false", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_form_that_posts_carries_the_token(path: Path):
    text = path.read_text(encoding="utf-8")
    posts = len(re.findall(r"<form[^>]*method=\"post\"", text, re.IGNORECASE))
    assert text.count("csrf") >= posts


def test_no_page_loads_anything_from_elsewhere():
    for path in TEMPLATES:
        text = path.read_text(encoding="utf-8")
        loads = r"src=\"https?://|<(?:link|use|image)\b[^>]*href=\"https?://"
        assert not re.search(loads, text), path
