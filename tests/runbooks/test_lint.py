"""Each rule of the linter, by file and line; and that a sound runbook has no problems."""

import pytest
import time_machine

from portal.core.configuration.settings import ROOT
from portal.runbooks.lint import lint_folder
from tests.runbooks.test_format import WHOLE

INPUTS = "```inputs\nroom: choice a|b required\nn: number\n```"
HEAD = f"---\nrisk: low\n---\n# Book\n\n## Inputs\n\n{INPUTS}\n\n"


def lint(folder):
    return [str(finding) for finding in lint_folder(folder)]


def steps(*directives):
    lines = ["## Steps", "", "### One", "", "```step", *directives, "```", "", "### Two", ""]
    return HEAD + "\n".join(lines)


def test_a_sound_runbook_has_no_findings(app, write, folder):
    write(WHOLE)
    assert lint(folder) == []


@pytest.mark.parametrize(
    ("directive", "message"),
    [
        ("action: nobodys", "There is no action called “nobodys”."),
        ("plan: nobodys", "There is no plan called “nobodys”."),
        ("approve: 1 of admin", "This release can't enforce “approve”."),
        ("evidence: file", "This release can't take a file as evidence."),
        ("colour: red", "The directive “colour” is not known."),
        ("on-fail: rollback", "on-fail: there are no Rollback steps."),
        ("when: roof = a", "when: there is no input called “roof”."),
        ("when: room = c", "when: “room = c” can never hold."),
        ("when: room = a and room = b", "when: “room = a and room = b” can never hold."),
        ("when: room != a and room != b", "when: “room != a and room != b” can never hold."),
        ("when: n = many", "when: “n = many” can never hold."),
    ],
)
def test_what_is_wrong_with_a_step_is_named_with_its_line(app, write, folder, directive, message):
    write(steps(directive))
    assert lint(folder) == [f"book.md:18: {message}"]


@pytest.mark.parametrize("directive", ["when: room = a", "when: room != a", "when: n = 3"])
def test_a_condition_that_can_hold_is_left_alone(app, write, folder, directive):
    write(steps(directive))
    assert lint(folder) == []


def test_a_high_risk_without_a_way_back(app, write, folder):
    write("---\nrisk: high\n---\n## Steps\n\n### One\n")
    assert lint(folder) == ["book.md:2: The risk is high and there are no Rollback steps."]


@time_machine.travel("2027-07-01T12:00:00+00:00")
def test_a_review_that_is_past(app, write, folder):
    write(WHOLE)
    assert lint(folder) == ["book.md:6: The review was due by 2027-06-30."]


def test_unknown_keys_in_a_file_of_this_format(app, write, folder):
    write("---\nrisk: low\nweight: 20\n---\n# Book\n")
    assert lint(folder) == ["book.md:3: The key “weight” is not known."]


def test_keys_of_other_tools_in_any_other_file_are_theirs(app, write, folder):
    write("---\ntitle: Book\nweight: 20\n---\n# Book\n")
    assert lint(folder) == []


def test_an_id_that_is_not_the_path(app, write, folder):
    write("---\nid: other\n---\n# Book\n", "deep/book")
    assert lint(folder) == ["deep/book.md:2: The id must be the path without .md: “deep/book”."]


def test_an_id_that_two_files_claim(app, write, folder):
    write("---\nid: a\n---\n# A\n", "a")
    write("---\nid: a\n---\n# B\n", "b")
    assert "b.md:2: The id “a” is used in a.md too." in lint(folder)


@pytest.mark.parametrize(
    ("link", "is_dead"),
    [
        ("other.md", False),
        ("deep/inner.md#part", False),
        ("missing.md", True),
        ("../missing.png", True),
        ("#book", False),
        ("#nowhere", True),
        ("https://example.com/x.md", False),
        ("mailto:ops@example.com", False),
        ("/ops/databases", False),
    ],
)
def test_links_that_lead_nowhere(app, write, folder, link, is_dead):
    write("# Other\n", "other")
    write("# Inner\n", "deep/inner")
    write(f"# Book\n\nSee [this]({link}), not `[that](code.md)`.\n\n```\n[x](y.md)\n```\n")
    expected = [f"book.md:3: The link to “{link}” leads nowhere."] if is_dead else []
    assert lint(folder) == expected


def test_a_file_that_can_not_be_read(app, write, folder):
    write(b"# Book\n\n\xff\n")
    assert lint(folder) == ["book.md:3: the file is not UTF-8 text."]


def test_the_command_names_file_and_line_and_exits_1(app, write, folder):
    write(steps("approve: 1 of admin"))
    result = app.test_cli_runner().invoke(args=["runbooks", "lint"])
    assert result.exit_code == 1
    assert result.output == "book.md:18: This release can't enforce “approve”.\n"


def test_the_command_is_content_with_a_sound_folder(app, write, folder):
    write(WHOLE)
    result = app.test_cli_runner().invoke(args=["runbooks", "lint", str(folder)])
    assert result.exit_code == 0
    assert result.output == "1 runbook: no problems.\n"


def test_the_command_takes_one_file(app, write, folder):
    write(WHOLE)
    write(steps("approve: 1 of admin"), "other")
    runner = app.test_cli_runner()
    assert runner.invoke(args=["runbooks", "lint", str(folder / "book.md")]).exit_code == 0
    assert runner.invoke(args=["runbooks", "lint", str(folder / "other.md")]).exit_code == 1


def test_the_command_says_when_there_is_nothing_at_the_path(app, folder):
    result = app.test_cli_runner().invoke(args=["runbooks", "lint", str(folder / "none")])
    assert result.exit_code == 1
    assert "There is no file or folder" in result.output


def test_the_projects_own_runbooks_have_no_findings(app):
    assert lint(ROOT / "runbooks") == []
