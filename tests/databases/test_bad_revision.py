"""One file of a history that can't be read is named, and ends nothing for other databases."""

import pytest

from tests.databases import stage

BOTH = ["databases", "check"]
BAD = {
    "a name that is none": ("nothing_of_that_name", "bad.py, line 1: "),
    "no Python": ("def (", "bad.py"),
    "no text": (b"\xff\xfe\x00", "bad.py"),
    "empty": ("", "bad.py"),
}


@pytest.mark.parametrize("bad", BAD)
def test_it_is_named_and_the_others_are_looked_at(app, history, bad):
    stage.place("development", studios=3)
    stage.place("production", studios=3)
    text, named = BAD[bad]
    file = history / "versions" / "bad.py"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    run = app.test_cli_runner().invoke

    for words in (["databases", "check"], ["databases", "status"], ["databases", "lint"]):
        said = run(args=words)
        assert said.exception is None or isinstance(said.exception, SystemExit), said.exception
        assert named in said.output, (words, said.output)
        assert "Traceback" not in said.output
    assert "production, to note: There is no verified backup." in run(args=BOTH).output
