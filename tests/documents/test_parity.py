"""Rendered documents have the structure that cmark-gfm gives them."""

from pathlib import Path

import pytest

from portal.core.configuration.settings import ROOT
from tests.documents.constructs import CONSTRUCTS, EXCEPTIONS
from tests.documents.parity import difference, read_all
from tests.documents.structure import reference_html, structure

FOLDERS = [ROOT / "runbooks", ROOT / "incidents"]
OWN = [path for folder in FOLDERS for path in sorted(folder.rglob("*.md"))]


def test_the_corpora_have_the_structure_of_cmark_gfm(corpora: Path) -> None:
    documents = read_all(corpora / "corpora")
    differing = [document.name for document in documents if difference(document.body)]
    assert len(documents) == 128
    assert len(documents) - len(differing) >= 126, differing


@pytest.mark.parametrize("name", ["client-email-template", "incident-summary-2025-12-16"])
def test_the_two_source_documents_have_it_too(corpora: Path, name: str) -> None:
    document = next(d for d in read_all(corpora / "source") if d.slug == name)
    assert difference(document.body) == []


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_the_projects_own_documents_have_it(path: Path) -> None:
    document = next(d for d in read_all(path.parent) if d.path == path)
    assert difference(document.body) == []


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_each_construct_has_the_structure_of_cmark_gfm(name: str) -> None:
    assert difference(CONSTRUCTS[name]) == []


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_the_known_differences_are_still_there(name: str) -> None:
    assert difference(EXCEPTIONS[name]) != [], "fixed: move it to CONSTRUCTS"


def test_the_incident_summary_has_all_its_headings_items_and_rows(corpora: Path) -> None:
    source = (corpora / "source" / "incident-summary-2025-12-16.md").read_text()
    words = structure(reference_html(source))
    counted = {tag: sum(word.split()[0] == f"<{tag}" for word in words) for tag in ("li", "tr")}
    headings = sum(word[:2] == "<h" and word[2:3].isdigit() for word in words)
    assert (headings, counted["li"], counted["tr"]) == (32, 70, 9)


def test_the_comparison_sees_a_lost_list_item() -> None:
    assert structure("<ul><li>a</li></ul>") != structure("<ul><li>a</li><li>b</li></ul>")


def test_the_comparison_sees_paragraphs_inside_items() -> None:
    assert structure("<ul><li><p>a</p></li></ul>") != structure("<ul><li>a</li></ul>")


def test_the_comparison_sees_blanks_in_code_and_not_elsewhere() -> None:
    assert structure("<pre><code>a  b</code></pre>") != structure("<pre><code>a b</code></pre>")
    assert structure("<p>a  b</p>") == structure("<p>a\nb</p>")


def test_the_comparison_sees_where_a_link_leads() -> None:
    assert structure('<a href="/a">x</a>') != structure('<a href="/b">x</a>')
