"""A text that came with a starter is not filled in, wherever it stands."""

import pytest

from portal.documents.drafting.starters import starter_text, starters_in, unfilled_sentences
from portal.incidents.writing import REPORTS
from tests.support.corpora import need_corpora

ROOT = REPORTS.starters
NAMES = [starter.name for starter in starters_in(ROOT)]


@pytest.mark.parametrize("name", NAMES)
def test_each_sentence_of_a_starter_is_named_with_its_line(name):
    text = starter_text(ROOT, name)
    found, lines = unfilled_sentences(text, ROOT), text.split("\n")
    assert len(found) > 6
    for line, sentence in found:
        assert sentence.split()[0].casefold() in lines[line - 1].casefold()
    prose = [line for line in lines if line.endswith(".")]
    assert prose
    assert all(any(line.split()[-1] in said for _, said in found) for line in prose)


@pytest.mark.parametrize(
    "text",
    [
        "Name causes, not people.",
        "NAME   causes,\nnot **people**.",
        "- a list\n\n  > name causes, not\n  > people!",
        "| What |\n|---|\n| It failed. Name causes, not people. |",
        "---\nsummary: Name causes, not people\n---\nFilled in.",
        "/// internal\nName causes, not people.\n///",
        "Name\r\ncauses, not people.\r\n",
    ],
)
def test_it_is_found_whatever_its_line_breaks_case_and_place(text):
    assert [said for _, said in unfilled_sentences(text, ROOT)] == ["Name causes, not people."]


@pytest.mark.parametrize(
    "text",
    [
        "- Done: the index was rebuilt",
        "- Done:\n  - the index was rebuilt\n",
        "# What was slow or failed for some users in May\n",
        "## What happened\n\nA disk was full.\n\n## Timeline\n",
        "| Time (UTC) | Event |\n|---|---|\n| 14:00 | Back in service |\n",
    ],
)
def test_what_was_filled_in_is_no_starters(text):
    assert unfilled_sentences(text, ROOT) == []


def test_texts_that_began_without_a_starter_hold_none():
    files = [each for each in need_corpora().rglob("*.md") if each.parent.name != "design"]
    assert len(files) > 100
    texts = {each.name: each.read_text(encoding="utf-8", errors="replace") for each in files}
    assert [name for name, text in texts.items() if unfilled_sentences(text, ROOT)] == []
