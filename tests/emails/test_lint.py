"""`flask emails lint` names file and line of what a template's author should fix."""

from pathlib import Path

import pytest

from portal.emails.lint import lint_folder

GOOD = "---\nsubject: News\nfields:\n  - Cause\n---\nHi [Client Name], [Cause]\n"


def lint(folder: Path, source: str) -> list[str]:
    (folder / "a.md").write_text(source, encoding="utf-8")
    return [str(problem) for problem in lint_folder(folder)]


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (GOOD.replace("fields", "feilds"), "a.md:3: The key “feilds” is not known."),
        (GOOD.replace(" [Cause]", ""), "a.md:3: The field “cause” is used nowhere."),
        (GOOD + "\n[Cure]\n", "a.md:8: “[Cure]” is not a field here"),
        ("Hello", "a.md:1: There is no subject"),
        (GOOD + "/// internal\nx\n", "a.md:7: This block is not closed"),
        (GOOD + "/// everybody\nx\n///\n", "a.md:7: “/// everybody” is no block"),
        (GOOD + "password: hunter2hunter2\n", "seems to hold a password"),
        ("---\nsubject: x\naudience: all\n---\nHi", "a.md:1: the audience “all”"),
        ("---\nsubject: [\n---\nHi", "a.md:"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, source, problem):
    found = lint(tmp_path, source)
    assert any(problem in each for each in found), found


def test_a_good_template_has_no_findings(tmp_path):
    assert lint(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [(GOOD, 0, "1 template: no problems."), ("Hello", 1, "a.md:1: There is no subject")],
)
def test_the_command_says_so_and_ends_with_its_code(app, tmp_path, source, code, said):
    (tmp_path / "a.md").write_text(source, encoding="utf-8")
    for path in (tmp_path, tmp_path / "a.md"):
        ended = app.test_cli_runner().invoke(args=["emails", "lint", str(path)])
        assert (ended.exit_code, said in ended.output) == (code, True), ended.output
