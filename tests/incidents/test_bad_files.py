"""One bad file takes no list, page, search or client area down: it is an entry with its reason."""

import pytest

from portal.incidents import report_files
from tests.incidents.test_report import report
from tests.support.cast import log_in, make_account
from tests.support.pages import words

HUGE = [f"0x{'f' * 7_000}", "9" * 7_000, f"1{'0' * 4_000}.0", "1:" * 3_000 + "1", ".inf", "1e999"]
KEYS = ("date", "started", "severity", "status", "affected", "zone", "id", "title", "audience")


@pytest.fixture
def everywhere(app, omar):
    """What answers each door of staff and clients."""
    omars, cleos = app.test_client(), app.test_client()
    log_in(omars, omar)
    log_in(cleos, make_account("cleo"))

    def answers(*slugs):
        mine = [f"/ops/incidents/{slug}" for slug in slugs]
        staff = ["/ops", "/ops/incidents", "/ops/incidents?q=text&year=2026", *mine]
        return [omars.get(each).status_code for each in staff] + [cleos.get("/client").status_code]

    return answers, omars, cleos


def test_43_numbers_without_end_are_sentences(everywhere, write):
    answers, omars, _cleos = everywhere
    for number, value in enumerate(HUGE):
        lines = [f"{key}: {value}" for key in KEYS]
        update = f"updates: [{{at: {value}, text: {value}, status: {value}}}]"
        write(
            "\n".join(["---", *lines, f"{value[:900]}: x", update, "---", "Text."]), f"r-{number}"
        )
        write(f"# A\n\n**Date:** {value}\n**Duration:** {value}\n", f"t-{number}")
    slugs = [f"{kind}-{number}" for kind in "rt" for number in range(len(HUGE))]
    assert set(answers(*slugs)) == {200}
    assert "…” is not a time such as" in words(omars.page("/ops/incidents/r-0").main)


def test_a_time_of_day_is_quoted_as_it_was_written():
    found = report("---\ndate: 2026-03-06\nstarted: 14:30\n---\nText.\n")
    assert [problem.message for problem in found.facts.problems] == [
        "started: “14:30” has no day and no zone; write it like 2025-12-16 14:30 UTC."
    ]


BROKEN = {
    "colon": b"---\ntitle: A: b\n---\nText.\n",
    "bytes": b"# A\n\xff\n",
    "nul": b"---\na: \0\n---\n",
}


def test_what_can_t_be_read_is_an_entry_with_a_page_for_staff_alone(everywhere, write):
    answers, omars, cleos = everywhere
    for name, raw in BROKEN.items():
        write(raw, name)
    write("---\naudience: clients\n---\n# Fine\n\nText.\n", "fine")
    assert set(answers(*BROKEN, "fine")) == {200}
    entries = omars.page("/ops/incidents").select("[data-unreadable]")
    assert {entry.a["href"] for entry in entries} == {f"/ops/incidents/{name}" for name in BROKEN}
    assert all("read by staff only" in words(entry) for entry in entries)
    page = omars.page("/ops/incidents/colon")
    assert "line 2" in words(page.main)
    assert "put quotes around the title" in words(page.main)
    assert (
        "title: A: b" in omars.page("/ops/incidents/colon/edit").select_one("textarea").get_text()
    )
    for name in BROKEN:
        assert cleos.get(f"/client/incidents/{name}").status_code == 404
        assert omars.get(f"/ops/incidents/{name}.pdf").status_code == 400


def test_an_unexpected_fault_is_an_entry_too(everywhere, write, monkeypatch):
    answers, omars, _cleos = everywhere
    parse = report_files.parse_report

    def fails(document):
        if document.slug == "odd":
            raise RuntimeError
        return parse(document)

    monkeypatch.setattr(report_files, "parse_report", fails)
    write("# Odd\n", "odd")
    write("# Fine\n", "fine")
    assert set(answers("odd", "fine")) == {200}
    assert "odd.md, line 1" in words(omars.page("/ops/incidents").select_one("[data-unreadable]"))
