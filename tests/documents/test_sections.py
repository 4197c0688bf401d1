"""A body is cut at its headings, and each part knows its line in the file."""

import pytest

from portal.documents.document import parse_document
from portal.documents.markdown.anchors import PREFIX
from portal.documents.markdown.blocks.sections import (
    headings,
    lines_outside_fences,
    preamble,
    split_sections,
)
from portal.documents.rendering.render import render

RUNBOOK = """\
---
title: Move house
---
# Move house

Why.

## Steps

### Pack

```step
id: pack
### no heading
```

- [ ] Boxes

  ```sh
  ## no heading
  ```

### Pack

Again.

## Rollback

### Unpack
"""


def test_sections_end_at_the_next_heading_of_their_rank() -> None:
    sections = split_sections("# a\n## b\nc\n### d\ne\n## f\ng\n# h\ni", 2)
    assert [(s.title, s.body) for s in sections] == [("b", "c\n### d\ne"), ("f", "g")]


def test_sections_name_the_lines_of_the_file() -> None:
    document = parse_document(RUNBOOK, "move")
    sections = split_sections(document.body, 3, start_line=document.body_line)
    lines = RUNBOOK.split("\n")
    assert [(s.title, s.line) for s in sections] == [("Pack", 10), ("Pack", 23), ("Unpack", 29)]
    assert [lines[s.line - 1] for s in sections] == ["### Pack", "### Pack", "### Unpack"]
    assert [s.body_line for s in sections] == [11, 24, 30]


def test_repeated_titles_get_slugs_of_their_own() -> None:
    assert [s.slug for s in split_sections(RUNBOOK, 3)] == ["pack", "pack-1", "unpack"]


def test_slugs_are_the_ids_on_the_page() -> None:
    body = "# a\n\n## `b` *c* & [d](/e)\n\n## a\n\n> ## b c  d\n\nf\n===\n"
    on_page = [entry.id.removeprefix(PREFIX) for entry in render(body).toc]
    assert [heading.slug for heading in headings(body)] == [on_page[0], *on_page[1:3], on_page[4]]


def test_headings_in_quotes_and_items_open_no_section() -> None:
    assert split_sections("> ## a\n\n- ## b\n", 2) == []


def test_underlined_headings_open_sections() -> None:
    (section,) = split_sections("a\n\nb\n---\nc", 2, start_line=5)
    assert (section.title, section.line, section.body_line, section.body) == ("b", 7, 9, "c")


def test_an_empty_section_has_an_empty_body() -> None:
    assert [s.body for s in split_sections("## a\n## b", 2)] == ["", ""]


@pytest.mark.parametrize("fence", ["```", "~~~", "````", "   ```"])
def test_headings_inside_fences_open_no_section(fence: str) -> None:
    assert [s.title for s in split_sections(f"## a\n{fence}\n## b\n{fence}\n## c", 2)] == ["a", "c"]


def test_an_unclosed_fence_takes_the_rest() -> None:
    assert [s.title for s in split_sections("## a\n```\n## b", 2)] == ["a"]


def test_the_preamble_is_what_comes_before_the_first_section() -> None:
    assert preamble("# a\n\nb\n\n## c\nd", 2) == "# a\n\nb"
    assert preamble("# a\n\nb", 2) == "# a\n\nb"


def test_lines_outside_fences_skip_code_comments_and_raw_html() -> None:
    body = "a\n```\nb\n```\n<!--\n- [ ] c\n-->\n\n<pre>\nd\n</pre>\ne"
    assert [line for _, line in lines_outside_fences(body)] == ["a", "", "e"]


def test_lines_outside_fences_keep_their_numbers() -> None:
    assert list(lines_outside_fences("a\n~~~\nb\n~~~\nc", start_line=10)) == [(10, "a"), (14, "c")]


def test_ticks_in_items_are_outside_fences() -> None:
    lines = [line for _, line in lines_outside_fences(RUNBOOK)]
    assert "- [ ] Boxes" in lines
    assert "  ## no heading" not in lines


def test_an_empty_body_has_nothing() -> None:
    assert split_sections("", 2) == []
    assert list(lines_outside_fences("")) == [(1, "")]
