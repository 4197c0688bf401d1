"""Fields and source say the same: other people's reports, and made ones, survive both ways."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.configuration.settings import ROOT
from portal.documents.document import decoded
from portal.documents.fields.definition import BODY
from portal.documents.fields.edit import canonical, edit
from portal.documents.fields.sheet import Sheet, Unfit, read_sheet
from portal.documents.publishing.notation import as_in_file
from portal.documents.publishing.publish import normalised
from portal.emails.template_fields import TEMPLATE_FIELDS
from portal.incidents.report_fields.definition import REPORT_FIELDS
from tests.support.corpora import FOLDER

FOLDERS = ("cases/reports", "cases/emails", "source", "corpora/incidents")
OURS = ("incidents", "portal/incidents/starters", "portal/emails/starters")
#: Fields whose values may be any words.
FREE = ("title", "affected", "summary", "prepared_by")
VALUES = (
    "Search: slow # x",
    "'quoted\"",
    "- dash",
    "[a",
    "true",
    "12",
    "null",
    "*a*",
    "| b",
    "é日",
)


def others_files() -> list[Path]:
    places = [*(FOLDER / each for each in FOLDERS), *(ROOT / each for each in OURS)]
    return sorted(file for place in places for file in place.rglob("*.md"))


def sheet_of(text: str, fields=REPORT_FIELDS) -> Sheet | None:
    try:
        return read_sheet(fields, text, "outage")
    except Unfit:
        return None


@pytest.mark.parametrize("fields", [REPORT_FIELDS, TEMPLATE_FIELDS], ids=["report", "template"])
def test_other_peoples_files_stay_as_they_are_and_take_one_change(fields):
    seen = 0
    for file in others_files():
        text = decoded(file.read_bytes(), file.name)
        if (sheet := sheet_of(text, fields)) is None:
            continue
        seen += 1
        assert edit(fields, sheet, sheet.values).text == text, file
        changed = edit(fields, sheet, {**sheet.values, "title": "Search: slow # x"})
        again = read_sheet(fields, changed.text, "outage")
        assert again.values["title"] == "Search: slow # x", file
        assert others(again) == others(sheet), file
    assert seen > 10


def others(sheet: Sheet) -> dict[str, str]:
    """All but the title; a body that states it itself has changed on that line."""
    left = {"title", *([BODY] if "title" in sheet.places else [])}
    return {name: value for name, value in sheet.values.items() if name not in left}


words = st.text(alphabet="ab :#-'\"[]{},|>*é日\\`!&%@~?", min_size=1, max_size=12)
plain = st.from_regex(r"[A-Za-z][a-z]{0,5}( [a-z]{1,5})?", fullmatch=True)


@st.composite
def heads(draw) -> str:
    """Front matter in several styles, with comments and keys that have no field."""
    word = draw(plain)
    lines = draw(
        st.permutations(
            [
                draw(st.sampled_from([f"title: {word}", f"title: '{word}'", f'"title": "{word}"'])),
                draw(st.sampled_from(["severity: high # pager", "severity:", "# no severity"])),
                draw(st.sampled_from(["started: 2026-01-01 10:00 UTC", "started:  # later", ""])),
                draw(
                    st.sampled_from(
                        [
                            "affected: [Search, 'Log-in']",
                            "affected:\n  - Search # page\n  # between\n  - Mail",
                            "affected:\n- Search\n- Mail",
                            "affected: Search, Mail",
                        ]
                    )
                ),
                draw(
                    st.sampled_from(["summary: >-\n  Two\n  lines.", "summary: |\n    One.\n", ""])
                ),
                draw(st.sampled_from(["ticket: {id: 7}", "x:\n  - y: [1,\n   2]", "# a comment"])),
            ]
        )
    )
    return "---\n" + "\n".join(lines) + draw(st.sampled_from(["\n---\n", "\n...\n"]))


@given(heads(), st.text(alphabet="a#*\n -", max_size=20), st.sampled_from(FREE), words)
def test_a_change_changes_its_field_and_nothing_else(head, body, name, value):
    sheet = sheet_of(head + body)
    if sheet is None:
        return
    assert edit(REPORT_FIELDS, sheet, sheet.values).text == head + body
    done = edit(REPORT_FIELDS, sheet, {**sheet.values, name: value})
    wanted = canonical(REPORT_FIELDS.spec(name), value)
    again = sheet_of(done.text)
    if not wanted or again is None or name in done.problems:
        return
    expected = {**sheet.values, name: wanted}
    assert {
        **again.values,
        name: canonical(REPORT_FIELDS.spec(name), again.values[name]),
    } == expected
    for kept in ("# pager", "# later", "# between", "# a comment", "{id: 7}", "[1,\n   2]"):
        assert (kept in head) == (kept in done.text)


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("name", FREE)
def test_any_words_can_be_written_into_a_file_of_bold_lines(name, value):
    text = "# Search was slow\n\n**Date:** 16 December 2025\n**Prepared by:** Ana  \n\nWords.\n"
    sheet = read_sheet(REPORT_FIELDS, text, "outage")
    done = edit(REPORT_FIELDS, sheet, {**sheet.values, name: value})
    again = read_sheet(REPORT_FIELDS, done.text, "outage")
    assert again.values[name] == value
    assert again.values["date"] == "16 December 2025"
    assert done.text.endswith("\n\nWords.\n")


lines = st.lists(
    st.tuples(st.text(alphabet="ab", max_size=2), st.sampled_from(["\n", "\r\n", "\r"]))
)


@given(lines, st.booleans(), st.sampled_from(["", "last"]))
def test_a_file_keeps_its_line_ends_and_its_mark(made, mark, last):
    text = "".join(word + end for word, end in made) + last
    raw = (("\ufeff" if mark else "") + text).encode()
    shown = decoded(raw, "outage.md")
    if shown.strip("\n"):
        assert as_in_file(normalised(shown), raw).encode() == raw
        new = normalised(f"new\n{shown}")
        assert normalised(decoded(as_in_file(new, raw).encode(), "outage.md")) == new
