"""Each rule of the linter, by file and line; and that a sound report has no problems."""

import time

import pytest

from portal.accounts.models import Organisation
from portal.core.configuration.settings import ROOT
from portal.core.storage.database import db
from portal.documents.document import parse_document
from portal.documents.models import DocumentKind
from portal.documents.publishing.overlay import folder as folder_of
from portal.incidents.lint.keys import meant_key
from portal.incidents.lint.links import folders_here
from portal.incidents.lint.run import lint_documents, lint_path, lint_report
from portal.incidents.parsing.facts import KEYS
from portal.incidents.report import parse_report
from tests.incidents.test_report import WHOLE
from tests.support.corpora import need_corpora

SOUND = (
    f"{WHOLE}\n/// internal\nOn db-7.internal, see 10.0.0.7.\n///\n\n/// client acme\nHello.\n///\n"
)


def lint(path, clients=("acme", "beta")):
    return [str(finding) for finding in lint_path(path, clients=clients)]


def report(*lines, body="# Outage\n", **front_matter):
    return "\n".join(["---", "audience: clients", *lines, "---", body])


def test_a_sound_report_has_no_findings(write, folder):
    write(SOUND)
    assert lint(folder) == []


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["severtiy: major"], "3: The key “severtiy” is not known. Is “severity” meant?"),
        (["weight: 20"], "3: The key “weight” is not known."),
        (
            ["severity: bad"],
            "3: severity: “bad” is not one of critical, major, minor, maintenance.",
        ),
        (["date: soon"], "3: date: “soon” is not a day such as 2025-12-16."),
        (["", "status: gone"], "4: status: “gone” is not one of"),
        (["started: noon"], "3: started: “noon” is not a time such as"),
        (["started: 2026-01-01 10:00 Moon"], "3: started: “Moon” is no time zone"),
        (["started: 2026-01-01 10:00"], "3: started: the time has no zone."),
        (["zone: Moon"], "3: zone: “Moon” is no time zone"),
        (["clients: [gamma]"], "3: There is no client “gamma”."),
        (["clients: [acne]"], "3: There is no client “acne”. Is “acme” meant?"),
        (["clients: []"], "3: clients: names no client."),
        (["summary: TODO"], "3: “TODO” is a word for staff."),
        (["affected: [db-7.internal]"], "3: “db-7.internal” is a word for staff."),
        (
            ["internal-words: [Blue Whale]", "title: The blue whale"],
            "4: “blue whale” is a word for",
        ),
    ],
)
def test_what_is_wrong_in_front_matter_is_named_with_its_line(write, folder, lines, message):
    write(report(*lines))
    found = lint(folder)
    assert len(found) == 1
    assert found[0].startswith(f"outage.md, line {message}")


@pytest.mark.parametrize(
    ("lines", "line", "message"),
    [
        (["started: 10:00 UTC", "resolved: 09:00 UTC"], 4, "resolved: this is before started."),
        (["detected: 10:00 UTC", "mitigated: 09:00 UTC"], 4, "mitigated: this is before detected."),
        (["started: 10:00 UTC", "resolved: 10:30 +01:00"], 4, "resolved: this is before started."),
    ],
)
def test_an_end_before_its_start(write, folder, lines, line, message):
    write(report(*[each.replace(": ", ": 2026-01-01 ") for each in lines]))
    assert lint(folder) == [f"outage.md, line {line}: {message}"]


GONE = f"/documents/images/{'0' * 64}.webp"
AUDIENCES = "must be public, clients, client with a name, or internal."
ZONE = "Write one behind it, or zone: unknown where none was reported."
NO_TIME = "the value is empty; write a time such as 2025-12-16 14:00 UTC."
UPDATES = """---
audience: public
updates:
  - at: 2026-01-01 10:00 UTC
    text: Second TBD.
    colour: red
  - at: 2026-01-01 09:00 UTC
    text: First.
    audience: client gamma
  - text: Never.
  - at: 2026-01-01 11:00
    audience: friends
  - at: 2026-01-01 12:00
    text: TODO
    audience: internal
---
# Outage
"""


def test_updates_are_read_one_by_one(write, folder):
    write(UPDATES)
    assert lint(folder) == [
        "outage.md, line 5: “TBD” is a word for staff.",
        "outage.md, line 6: The key “colour” is not known.",
        "outage.md, line 7: This update is before the one above it.",
        "outage.md, line 9: There is no client “gamma”.",
        f"outage.md, line 10: updates, number 3: {NO_TIME}",
        f"outage.md, line 11: updates, number 4: “friends” {AUDIENCES}",
        f"outage.md, line 13: at: the time has no zone. {ZONE}",
    ]


@pytest.mark.parametrize(
    ("body", "messages"),
    [
        ("/// internal\nx\n", ["5: The block “/// internal” is not closed: it hides the rest."]),
        (
            "/// secret\nx\n///\n",
            ["5: “/// secret” is no block: it is internal, clients or client"],
        ),
        ("/// client\nx\n///\n", ["5: A block for a client names one: “/// client acme”."]),
        ("/// client gamma\n///\n", ["5: There is no client “gamma”."]),
        ("/// internal now\n///\n", ["5: Nothing may follow “/// internal” on its line."]),
        ("// internal\nx\n//\n", ["5: A block begins with three strokes", "5: The block “// int"]),
        ("a\n\n///\n", ["7: This /// ends no block."]),
        (
            "so /// internal\n",
            ["5: This does not begin a block: the mark must be on a line of its own."],
        ),
        ("See TODO.\n", ["5: “TODO” is a word for staff and is not in an internal block."]),
        ("On web1.corp.\n", ["5: “web1.corp” is a word"]),
        ("At 192.168.1.20.\n", ["5: “192.168.1.20” is a word"]),
        ("/// clients\nA FIXME.\n///\n", ["6: “FIXME” is a word"]),
        ("/// internal\nA TODO.\n/// clients\nA TODO.\n///\n///\n", []),
        ("See [this](gone.md).\n", ["5: The link to “gone.md” leads nowhere."]),
        ("See [this](other.md) and [that](#part).\n\n## Part\n", []),
        ("See [one](other.md), [`two`](gone.md).\n", ["5: The link to “gone.md” leads nowhere."]),
        ("See [this].\n\n[this]: gone.md\n", ["7: The link to “gone.md” leads nowhere."]),
        (
            "[![x](https://a.test/x.png)](gone.md)\n",
            ["5: The link to “gone.md” leads nowhere.", "5: note: This picture is on another"],
        ),
        ("![x](chart.png)\n", ["5: The picture “chart.png” is not shown: put it into the text"]),
        ("So: <img src='chart.png'>\n", ["5: The picture “chart.png” is not shown: put it into"]),
        ("![x](data:image/png;base64,AA)\n", ["5: The picture “data:image/png;base64,AA” is not"]),
        ("![x](//a.test/x.png) `![y](y.png)`\n", ["5: note: This picture is on another host, a"]),
        ("![x][Y z]\n\n[y  Z]: //a.test/x.png\n", ["5: note: This picture is on another host"]),
        ("![y]\n\n[y]: https://a.test/x.png\n", ["5: note: This picture is on another host"]),
        ("See [the log](notes.txt).\n", ["5: note: The site shows reports alone: “notes.txt” is"]),
        ("See [this](#nowhere).\n", ["5: The link to “#nowhere” leads nowhere."]),
        ("The internal network at 8.8.8.8 was local. To do: all.\n", []),
    ],
)
def test_what_is_wrong_in_the_text_is_named_with_its_line(write, folder, body, messages):
    write(report(), "other")
    (folder / "notes.txt").touch()
    write(f"---\naudience: clients\n---\n\n{body}")
    found = lint(folder)
    assert len(found) == len(messages), found
    for line, message in zip(sorted(found), messages, strict=True):
        assert line.startswith(f"outage.md, line {message}")


def test_words_listed_by_the_report_itself(write, folder):
    write(report("internal-words: [db-7, Blue Whale]", body="On DB-7, not db-77.\nA blue whale.\n"))
    found = [line.partition("“")[2].partition("”")[0] for line in lint(folder)]
    assert found == ["DB-7", "blue whale"]


def test_a_report_for_staff_may_hold_words_for_staff(write, folder):
    write("---\naudience: internal\nsummary: TODO\n---\nTODO on db-7.internal\n")
    assert lint(folder) == []


def test_a_report_that_does_not_say_for_whom_it_is_gets_a_note(write, folder):
    write("# Outage\n")
    message = "note: The report does not say for whom it is, so only staff read it."
    assert lint(folder) == [f"outage.md, line 1: {message}"]


def test_clients_are_asked_for_only_where_they_are_known(write, folder):
    write(report("clients: [gamma]", body="/// client delta\nx\n///\n"))
    assert lint(folder, clients=None) == []
    assert len(lint(folder, clients=set())) == 2


def test_an_id_that_two_reports_claim(write, folder):
    write(report("id: INC-1"), "a")
    write(report("id: INC-1"), "b")
    assert lint(folder) == ["b.md, line 3: The id “INC-1” is used in a.md too."]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"# A\n\n\xff\n", "line 3: the file is not UTF-8 text."),
        (b"---\ntitle: [\n---\n", "line 3: the front matter can't be read: "),
        (
            b"---\naudience: public\ndate: 2026-13-01\n---\nText\n",
            "line 3: date: “2026-13-01” is not a day",
        ),
        (
            b"---\naudience: public\nstarted: 2026-01-01T10:00:00+99:00\n---\nText\n",
            "line 3: started: “+99:00” is no time zone",
        ),
        (
            b"---\na: &x [1]\nb: [*x, *x]\n---\n",
            "line 3: the front matter can't be read: it refers",
        ),
    ],
)
def test_a_file_or_a_value_that_can_not_be_read(write, folder, source, message):
    write(source)
    assert lint(folder)[0].startswith(f"outage.md, {message}")


def test_cstate_files_may_have_the_keys_of_cstate(write, folder):
    head = "---\naudience: public\ndate: 2026-01-01 10:00:00\n"
    write(f"{head}title: A\nsection: issue\npin: false\n---\nText.\n")
    assert lint(folder) == []
    write(f"{head}resolvedWhen: 2026-01-01 09:00:00\n---\nText.\n")
    assert lint(folder) == ["outage.md, line 4: resolvedWhen: this is before date."]


def test_emails_are_no_reports(write, folder):
    write("/// oops\n", "emails/letter")
    assert lint(folder) == []


def run(app, *words):
    return app.test_cli_runner().invoke(args=["incidents", "lint", *map(str, words)])


def test_the_command_names_file_and_line_and_exits_1(app, write, folder):
    write(report("weight: 20"))
    result = run(app)
    assert result.exit_code == 1
    assert result.output == "outage.md, line 3: The key “weight” is not known.\n"


def test_an_unknown_key_is_named_once_with_a_count(app, write, folder):
    for name in ("a", "b", "c"):
        write(report("uuid: 1", "layout: post"), name)
    update = "{at: 2026-01-01 10:00 UTC, text: a, colour: red}"
    write(report("uuid: 2", "updates:", f"- {update}", f"- {update}"), "d")
    assert lint(folder) == [
        "a.md, line 3: The key “uuid” is not known. It occurs 3 times more in the checked text.",
        "a.md, line 4: The key “layout” is not known. It occurs 2 times more in the checked text.",
        "d.md, line 5: The key “colour” is not known. It occurs once more in the checked text.",
    ]
    assert len(lint(folder / "b.md")) == 2
    assert run(app).output.splitlines() == lint(folder)


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        *(("severtiy", "severity"), ("sumary", "summary"), ("resolvedd", "resolved")),
        *(("stotus", "status"), ("Prepared_By", "prepared-by"), ("Status", "status")),
        *(("uuid", None), ("uid", None), ("ids", None), ("updated", None), ("dated", None)),
        *(("state", None), ("author", None), ("tags", None), ("times", None), ("", None)),
    ],
)
def test_a_hint_is_one_slip_away(key, meant):
    assert meant_key(key, KEYS) == meant


def test_words_of_the_author_that_clients_see_are_checked_for_words_of_staff(write, folder):
    write(report("status: fixed on db-7.internal", "severity: major on db-7.internal"))
    found = [line for line in lint(folder) if "word for staff" in line]
    assert [line.partition(":")[0] for line in found] == ["outage.md, line 3", "outage.md, line 4"]


def test_other_keys_for_times_are_named_where_they_stand(write, folder):
    write(report("start_time: 2026-01-01 10:00 UTC", "end: 2026-01-01 09:00 UTC"))
    assert lint(folder) == ["outage.md, line 4: end: this is before start_time."]
    write(report("start_time: 2026-01-01 10:00"))
    assert lint(folder) == [f"outage.md, line 3: start_time: the time has no zone. {ZONE}"]


def test_the_command_is_content_where_there_are_notes_only(app, write, folder):
    write("# Outage\n")
    result = run(app, folder)
    assert result.exit_code == 0
    assert "note: The report" in result.output
    assert result.output.endswith("No problems.\n")


def test_the_command_knows_the_clients_of_the_ops_database(app, write, folder):
    db.session.add(Organisation(slug="acme", name="Acme"))
    db.session.commit()
    write(report("clients: [acme]"))
    assert run(app).exit_code == 0
    write(report("clients: [gamma]"))
    assert "There is no client “gamma”" in run(app).output


def test_the_command_does_without_an_ops_database(app, write, folder, settings):
    (settings.data / "ops.sqlite3").unlink()
    write(report("clients: [gamma]"))
    assert run(app).exit_code == 0


def test_the_command_reads_what_was_published_too(app, write, folder, settings):
    published = settings.data / "documents" / "incidents"
    published.mkdir(parents=True)
    (published / "outage.md").write_text(report("weight: 20"))
    write(report())
    assert run(app).exit_code == 1
    assert run(app, folder).exit_code == 0


def test_the_command_takes_one_file(app, write, folder):
    write(report())
    write(report("weight: 20"), "other")
    assert run(app, folder / "outage.md").exit_code == 0
    assert run(app, folder / "other.md").exit_code == 1


def test_the_command_says_when_there_is_nothing_at_the_path(app, folder):
    result = run(app, folder / "none")
    assert result.exit_code == 1
    assert "There is no file or folder" in result.output


def test_the_projects_own_reports_have_no_findings():
    assert lint(ROOT / "incidents", clients=None) == []


def test_other_peoples_files_have_only_notes_where_they_are_reports():
    """The template among them is none, which is an error by its name."""
    found = lint_path(need_corpora() / "corpora/incidents") + lint_path(need_corpora() / "source")
    (wrong,) = [str(finding) for finding in found if not finding.is_note]
    assert wrong.startswith("client-email-template.md, line 1: A file named client-email-template")


def test_pictures_and_neighbours_are_found_in_both_folders(app, folder, settings, write):
    published = settings.data / "documents" / "incidents"
    for file in (published.parent / "images" / f"{'1' * 64}.webp", published / "new.md"):
        file.parent.mkdir(parents=True, exist_ok=True)
    (published.parent / "images" / f"{'1' * 64}.webp").touch()
    text = f"[a](shipped.md)\n![b](/documents/images/{'1' * 64}.webp)\n[c](gone.md) ![]({GONE})\n"
    (published / "new.md").write_text(report(body=text))
    write(report(body="[b](new.md)\n"), "shipped")
    found = lint_documents(
        folder_of(DocumentKind.REPORT).documents(), roots=folders_here(), clients=()
    )
    assert [str(each) for each in found] == [
        "new.md, line 6: The link to “gone.md” leads nowhere.",
        f"new.md, line 6: The picture “{GONE}” is not shown: there is none at this address.",
    ]


@pytest.mark.parametrize(
    "text", ["a-" * 50_000, "/" * 100_000, "[](" * 33_000, "/// internal\n" * 2_000]
)
def test_a_text_made_to_be_slow_is_linted_in_time(text):
    found = parse_report(parse_document(text, "slow"))
    begun = time.process_time()
    lint_report(found, text, roots=[], clients=())
    assert time.process_time() - begun < 2
