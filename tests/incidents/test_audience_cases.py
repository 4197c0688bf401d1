"""Ways in which people write that a report is for staff: nobody else reads it; staff hear why."""

import pytest

from portal.accounts.models import Contact, Organisation
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.storage.database import db
from portal.documents.audiences.audience import PUBLIC, Audience, Reader
from portal.documents.document import parse_document
from portal.incidents.client_area.links import create_link
from portal.incidents.lint.run import lint_path
from portal.incidents.report import parse_report
from tests.support.cast import log_in, make_account
from tests.support.corpora import need_corpora
from tests.support.pages import words

SECRET = "kestrel"
HEAD = "---\ntitle: A day\naudience: clients\n"
TEXT = f"# A day\n\nStaff words: {SECRET}.\n"
#: A file, the line that lint names, and words of the reason on the staff's list.
CASES = {
    "capital-key": ("---\nAudience: internal\n---\n{}", 2, "“Audience” is not read"),
    "all-capitals": ("---\nAUDIENCE: internal\n---\n{}", 2, "“AUDIENCE” is not read"),
    "misspelt": (f"{HEAD}audiance: internal\n---\n{{}}", 4, "“audiance” is not read"),
    "plural": (f"{HEAD}audiences: [internal]\n---\n{{}}", 4, "“audiences” is not read"),
    "level": (f"{HEAD}audience-level: internal\n---\n{{}}", 4, "“audience-level” is not read"),
    "look-alike": (f"{HEAD}\u0430udience: internal\n---\n{{}}", 4, "is not read"),
    "zero-width": (f"{HEAD}au\u200bdience: internal\n---\n{{}}", 4, "is not read"),
    "blank-line-first": ("\n---\naudience: internal\n---\n{}", 2, "first line of the file"),
    "comment-first": ("<!-- x -->\n---\naudience: internal\n---\n{}", 2, "first line of the file"),
    "hash-first": ("# a comment\n---\naudience: internal\n---\n{}", 2, "first line of the file"),
    "no-blank-after-colon": ("---\ntitle:A\naudience:internal\n---\n{}", 1, "was not read"),
    "never-closed": ("---\naudience: internal\n\n{}", 1, "never closed"),
    "four-dashes": ("----\naudience: internal\n----\n{}", 1, "exactly ---"),
    "long-dash": ("\u2014\naudience: internal\n\u2014\n{}", 1, "exactly ---"),
    "indented": ("  ---\n  audience: internal\n  ---\n{}", 1, "exactly ---"),
    "toml": ('+++\naudience = "internal"\n+++\n{}', 1, "exactly ---"),
    "json": ('{{"audience": "internal"}}\n\n{}', 1, "exactly ---"),
    "fenced": ("```yaml\naudience: internal\n```\n{}", 1, "exactly ---"),
    "fence-in-fence": ("```\n---\naudience: internal\n---\n```\n{}", 1, "exactly ---"),
    "no-rules": ("title: A\naudience: internal\n\n{}", 1, "look like front matter"),
    "no-rules-one": ("audience: internal\n\n{}", 1, "look like front matter"),
    "second": (f"{HEAD}---\n\n---\naudience: internal\n---\n{{}}", 7, "is not read"),
    "second-clients": (f"{HEAD}---\nclients: [harbour]\n---\n{{}}", 5, "second front matter"),
    "second-further-down": (f"{HEAD}---\n\n\nclients: [x]\n\n---\n{{}}", 7, "second front matter"),
    "second-by-dots": (f"{HEAD}...\nx: 1\nclients:\n - a\n---\n{{}}", 5, "second front matter"),
    "second-toml": (f"{HEAD}---\n+++\nx = 1\n+++\n{{}}", 5, "second front matter"),
    "second-fenced": (f"{HEAD}---\n```yaml\nx: 1\n```\n{{}}", 5, "second front matter"),
    "second-ruled": (f"{HEAD}---\n---\nx: 1\ny: 2\n---\n{{}}", 5, "second front matter"),
    "underlined": (f"{HEAD}---\n# A\n\nWords.\n\nclients: [a]\n===\n{{}}", 9, "is not read"),
    "underlined-twice": (f"{HEAD}---\n# A\n\nx\n--\nclients: [a]\n--\n{{}}", 9, "is not read"),
    "long": (f"{HEAD}---\nclients: [{'a, ' * 200}b]\n\n{{}}", 5, "is not read"),
    "one-line-of-two": (f"{HEAD}---\nWords\u2028audience: internal\n\n{{}}", 5, "is not read"),
    "part-heading": (f"{HEAD}---\n# A\n\n## B\n\n### Internal\n{{}}", 9, "hides nothing"),
    "part-notes": (f"{HEAD}---\n# A\n\n## B\n\n**Internal notes:** x\n{{}}", 9, "hides nothing"),
    "part-aside": (f"{HEAD}---\n# A\n\n## B\n\n(Not for clients) x\n{{}}", 9, "hides nothing"),
    "part-begun": (f"{HEAD}---\n# A\n\n## B\n\nBEGIN INTERNAL\n{{}}", 9, "hides nothing"),
    "slanted": (f"{HEAD}---\n\u2044\u2044\u2044 internal\n{{}}", 5, "is no block"),
    "as-entities": (f"{HEAD}---\n{'&#47;' * 3} internal\n{{}}", 5, "is no block"),
    "org-mode": (f"{HEAD}---\n#+begin_internal\n{{}}", 5, "is no block"),
    "titled": (f"{HEAD}---\n:::note Internal\n{{}}", 5, "is no block"),
    "nested": ("---\nmeta:\n  audience: internal\n---\n{}", 3, "“meta.audience”"),
    "nested-beside": (f"{HEAD}meta:\n  audience: internal\n---\n{{}}", 5, "“meta.audience”"),
    "swallowed": (f"{HEAD}x: >\n  a\n  audience: internal\n---\n{{}}", 6, "a part of the value"),
    "in-an-update": (
        f"{HEAD}updates: [{{{{at: 2026-01-01 10:00, text: x, Audience: internal}}}}]\n---\n{{}}",
        4,
        "“updates.0.Audience” is not read",
    ),
    "twice": ("---\naudience: internal\naudience: clients\n---\n{}", 3, "given twice"),
    "twice-inside": (f"{HEAD}x: {{{{a: 1, a: 2}}}}\n---\n{{}}", 4, "given twice"),
    "draft": (f"{HEAD}draft: true\n---\n{{}}", 4, "draft: “true”"),
    "draft-in-words": (f'{HEAD}draft: "yes"\n---\n{{}}', 4, "draft: “yes”"),
    "unpublished": (f"{HEAD}published: no\n---\n{{}}", 4, "published: “no”"),
    "visibility": (f"{HEAD}visibility: private\n---\n{{}}", 4, "“visibility” is not read"),
    "another-key": (f"{HEAD}type: Internal\n---\n{{}}", 4, "“type: Internal” may say"),
    "status-draft": (f"{HEAD}status: draft\n---\n{{}}", 4, "status: “draft”"),
    "client-key": (f"{HEAD}client: harbour\n---\n{{}}", 4, "“client” is not read"),
    "clients-alone": ("---\nclients: [harbour]\n---\n{}", 2, "does not say “audience: clients”"),
    "clients-empty": (f"{HEAD}clients:\n---\n{{}}", 4, "names no client"),
    "clients-odd": (f"{HEAD}clients: [acme, ~]\n---\n{{}}", 4, "names no client"),
    "list": ("---\naudience: [internal]\n---\n{}", 2, "must be public"),
    "list-of-both": ("---\naudience: [clients, internal]\n---\n{}", 2, "must be public"),
    "in-words": ("---\naudience: internal only\n---\n{}", 2, "“internal only” must be public"),
    "another-word": ("---\naudience: team\n---\n{}", 2, "“team” must be public"),
    "yes": ("---\naudience: yes\n---\n{}", 2, "“yes” must be public"),
    "nothing": ("---\naudience:\n---\n{}", 2, "the value is empty"),
    "null": ("---\naudience: null\n---\n{}", 2, "the value is empty"),
    "text-differs": (f"{HEAD}---\n**Audience:** internal\n\n{{}}", 5, "in different ways"),
    "text-twice": (
        "**Audience:** clients\n**Audience:** internal\n\n{}",
        1,
        "in different ways",
    ),
    "text-plain": (f"{HEAD}---\nAudience: internal\n\n{{}}", 5, "is not read"),
    "text-heading": (f"{HEAD}---\n## Audience\n\nInternal.\n\n{{}}", 5, "is not read"),
    "text-wide-colon": (f"{HEAD}---\nAudience\uff1ainternal\n\n{{}}", 5, "is not read"),
    "text-comment": (f"{HEAD}---\n<!-- audience: internal -->\n\n{{}}", 5, "is not read"),
    "text-table": (f"{HEAD}---\n| Audience | internal |\n|---|---|\n\n{{}}", 5, "is not read"),
    "text-words": (f"{HEAD}---\n**Audience:** staff only\n\n{{}}", 5, "must be public"),
    "text-alone": (f"{HEAD}---\n**Internal only**\n\n{{}}", 5, "is not read"),
    "text-other": (f"{HEAD}---\n**Classification:** Internal\n\n{{}}", 5, "is not read"),
    "exclude": (f"{HEAD}exclude: [beta]\n---\n{{}}", 4, "“exclude” is not read"),
    "text-draft": (f"{HEAD}---\n**Status:** Draft\n\n{{}}", 5, "keeps the report with staff"),
    "text-client": (f"{HEAD}---\n**Clients:** harbour\n\n{{}}", 5, "is not read"),
    "colons": (f"{HEAD}---\n:::internal\n{{}}:::\n", 5, "is no block"),
    "colons-with-class": (f"{HEAD}---\n::: {{{{.internal}}}}\n{{}}:::\n", 5, "is no block"),
    "exclamation": (f"{HEAD}---\n!!! internal\n{{}}", 5, "is no block"),
    "liquid": (f"{HEAD}---\n{{{{% internal %}}}}\n{{}}", 5, "is no block"),
    "tag": (f'{HEAD}---\n<div class="internal">\n\n{{}}', 5, "is no block"),
    "comment-fence": (f"{HEAD}---\n<!-- begin internal -->\n\n{{}}", 5, "is no block"),
    "brackets": (f"{HEAD}---\n[internal]\n\n{{}}", 5, "is no block"),
    "alert": (f"{HEAD}---\n> [!INTERNAL]\n\n{{}}", 5, "is no block"),
    "code-fence": (f"{HEAD}---\n```internal\n{{}}```\n", 5, "is no block"),
    "end-alone": (f"{HEAD}---\n{{}}\n///\n", 9, "ends no block"),
    "end-damaged": (f"{HEAD}---\n{{}}\n///a\n", 9, "damaged end"),
    "mark-inside": (f"{HEAD}---\nSee /// internal\n\n{{}}", 5, "not begin a block"),
}
NO_TEXT = {"empty": "", "blank": "\n \n", "head-only": f"{HEAD}---\n"}
NAMES = ["README", "_index", "index", "template", "incident-template", "templates/a", "2026/Readme"]
READERS = [
    PUBLIC,
    Reader(Audience.CLIENTS),
    Reader(Audience.CLIENTS, "harbour"),
    Reader(Audience.CLIENTS, "acme", named_only=True),
]


def report_of(text, slug="outage"):
    return parse_report(parse_document(text, slug))


@pytest.mark.parametrize("name", CASES)
def test_36_only_staff_read_it_and_the_line_is_named(name, write, folder):
    text, line, reason = CASES[name]
    write(text.format(TEXT))
    report = report_of(text.format(TEXT))
    assert not [reader for reader in READERS if report.is_for(reader)]
    assert not report.facts.audience_is_given
    assert any(reason in str(doubt) for doubt in report.doubts), report.doubts
    errors = [each for each in lint_path(folder, clients={"acme"}) if not each.is_note]
    assert any(each.line == line and reason in each.message for each in errors), errors


@pytest.mark.parametrize("name", NO_TEXT)
def test_a_file_without_text_is_for_staff(name):
    report = report_of(NO_TEXT[name])
    assert "The file has no text." in [doubt.message for doubt in report.doubts]
    assert not [reader for reader in READERS if report.is_for(reader)]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_no_report_by_its_name_is_for_staff(name):
    report = report_of(f"{HEAD}---\n{TEXT}", name)
    assert len(report.doubts) == 1
    assert not [reader for reader in READERS if report.is_for(reader)]


ORDINARY = """---
title: "The day: in short"
audience: clients
date: 2026-03-04
weight: 20
tags: [dns, cache]
draft: false
published: true
layout: post
---
# The day

**Date:** 2026-03-04
**Status:** Resolved

Clients could not log in. The audience of the stream saw an error.

| Time | Event |
|---|---|
| 10:00 | Alert |

---

## Lessons

- Visibility: no dashboard showed it.
- Published: a note on the status page.
- Clients: told by email.

## Internal changes

```yaml
audience: https://api.example.com
visibility: private
```

:::note
See https://example.com//internal and /internal/path for more.
:::

/// internal
:::staff
///

Another rule:

***
"""


@pytest.mark.parametrize(
    "text",
    [
        ORDINARY,
        "# A\n\n**Audience:** clients\n\nText.\n",
        "# A\n\n- **Audience**: Clients\n\nText.\n",
        '---\n"audience": "clients"\n---\nText.\n',
        "---\naudience : clients\n---\nText.\n",
        "---\naudience: Clients\n---\nText.\n",
        "---\r\naudience: clients\r\n---\r\nText.\r\n",
        "\ufeff---\naudience: clients\n---\nText.\n",
        "---\n# audience: internal\naudience: clients\n---\nText.\n",
        "---\naudience: clients\n---\n**Audience:** clients\n\nText.\n",
    ],
)
def test_a_statement_that_was_understood_is_followed(text):
    report = report_of(text)
    assert report.doubts == ()
    assert report.facts.audience_is_given
    assert report.is_for(Reader(Audience.CLIENTS, "acme"))
    assert not report.is_for(PUBLIC)


def test_what_the_text_says_is_a_statement_and_a_note_names_its_line(write, folder):
    write(f"# A\n\n**Audience:** internal\n\n{SECRET}\n")
    assert [str(each) for each in lint_path(folder)] == [
        "outage.md, line 3: note: This line says who reads the report: internal."
    ]


@pytest.fixture
def doors(app, write, omar):
    """Cleo of Harbour's browser, Omar's, and everything that shows reports."""
    organisation = Organisation(slug="harbour", name="Harbour")
    contact = Contact(
        organisation=organisation,
        account=make_account("cleo"),
        name="Cleo",
        email="cleo@harbour.example",
        salutation="Cleo",
    )
    db.session.add_all([organisation, contact])
    db.session.commit()
    cleos, omars = app.test_client(), app.test_client()
    log_in(cleos, contact.account)
    log_in(omars, omar)
    return cleos, omars, contact


def listed_by(browser):
    """For whom each report is, on the pages of the list."""
    pages = [browser.page(f"/ops/incidents?page={number}") for number in range(1, 6)]
    rows = [row for page in pages for row in page.select("tbody tr")]
    return {row.a["href"].rpartition("/")[2]: words(row.select("td")[-1]) for row in rows}


def test_36_no_page_for_clients_shows_any_of_them_and_the_list_of_staff_shows_all(
    doors, write, omar, app
):
    cleos, omars, contact = doors
    for name, (text, _line, _reason) in CASES.items():
        write(text.format(TEXT), f"case-{name}")
    for name, text in NO_TEXT.items():
        write(text, f"case-{name}")
    assert "Nothing to report" in cleos.get("/client").text
    listed = listed_by(omars)
    assert len(listed) == len(CASES) + len(NO_TEXT)
    for name, (_text, _line, reason) in CASES.items():
        assert listed[f"case-{name}"].startswith("staff only")
        assert reason in listed[f"case-{name}"] or "more)" in listed[f"case-{name}"]
        for address in (f"/client/incidents/case-{name}", f"/client/incidents/case-{name}.pdf"):
            assert cleos.get(address).status_code == 404
        with pytest.raises(Conflict):
            create_link(f"case-{name}", contact, by=omar)
    lines = app.test_cli_runner().invoke(args=["incidents", "lint"])
    assert lines.exit_code == 1
    assert all(f"case-{name}.md, line {case[1]}:" in lines.output for name, case in CASES.items())


SHARED = [
    *("capital-key", "blank-line-first", "no-blank-after-colon", "never-closed", "in-the-text"),
    *("nested", "draft", "twice", "client-key", "number-bomb", "yaml-colon"),
]


def test_the_shared_cases_stay_with_staff(doors, write, omar):
    cleos, omars, contact = doors
    root = need_corpora() / "cases" / "reports"
    for name in SHARED:
        write((root / f"{name}.md").read_bytes(), name)
    assert "Nothing to report" in cleos.get("/client").text
    (bad,) = omars.page("/ops/incidents").select("[data-unreadable]")
    assert bad.a.get_text() == "yaml-colon"
    assert "is read by staff only" in words(bad)
    rows = listed_by(omars)
    assert set(rows) == set(SHARED) - {"yaml-colon"}
    assert all(said.startswith("staff only") for said in rows.values()), rows
    for name in SHARED:
        assert omars.get(f"/ops/incidents/{name}").status_code == 200
        assert cleos.get(f"/client/incidents/{name}").status_code == 404
        assert cleos.get(f"/client/incidents/{name}.pdf").status_code == 404
        with pytest.raises((Conflict, Invalid, NotFound)):
            create_link(name, contact, by=omar)
