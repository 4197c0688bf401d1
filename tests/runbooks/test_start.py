import pytest

from portal.core.errors import Conflict, Forbidden, Invalid, NotFound
from portal.core.storage.database import db
from portal.runbooks.models import Run
from tests.runbooks.conftest import actions_of, started, titles

BOOK = """---
risk: low
roles: [ops, admin]
---
# Move the piano

## Inputs

```inputs
room: text required
target: choice development|production required
```

## Steps

### Lift

### Carry
"""


def test_a_run_keeps_the_whole_source_and_its_hash(app, omar, write, folder):
    run = started(write(BOOK), omar, room="Studio 2", target="development")
    write("# Something else\n")
    db.session.expire(run)
    assert run.source == BOOK
    assert len(run.sha256) == 64
    assert run.title == "Move the piano"
    assert run.target == "development"
    assert titles(run) == ["Lift: waiting", "Carry: waiting"]
    assert actions_of(run) == ["run.started"]


def test_an_undeclared_input_is_ignored(app, omar, write):
    run = started(write(BOOK), omar, room="2", target="development", role="admin")
    assert run.inputs == {"room": "2", "target": "development"}


@pytest.mark.parametrize(
    "inputs", [{}, {"room": " ", "target": "development"}, {"room": "2", "target": "moon"}]
)
def test_a_run_does_not_start_without_what_it_asks_for(app, omar, write, inputs):
    with pytest.raises(Invalid):
        started(write(BOOK), omar, **inputs)
    assert db.session.query(Run).count() == 0


def test_a_runbook_for_admins_is_not_started_by_ops(app, omar, write):
    with pytest.raises(Forbidden, match="for admin"):
        started(write(BOOK.replace("[ops, admin]", "[admin]")), omar)


@pytest.mark.parametrize(
    ("directive", "sentence"),
    [
        ("approve: 1 of admin not-self", "can't enforce “approve”"),
        ("evidence: file", "can't take a file"),
        ("action: nobody.knows", "no action called “nobody.knows”"),
        ("plan: nobodys", "no plan called “nobodys”"),
        ("when: nothing = x", "no input called “nothing”"),
        ("rehearse: always", "directive “rehearse” is not known"),
        ("on-fail: rollback", "no Rollback steps"),
    ],
)
def test_what_can_not_be_enforced_can_not_be_started(app, omar, write, directive, sentence):
    write(f"# Book\n\n## Steps\n\n### One\n\n```step\n{directive}\n```\n")
    with pytest.raises(Conflict, match=sentence) as refused:
        started("book", omar)
    assert "line 8" in refused.value.sentence


@pytest.mark.parametrize("name", ["../book", "nothing", "/etc/passwd", "a\0b", "..", ""])
def test_a_name_outside_the_folder_is_not_there(app, omar, write, folder, name):
    (folder.parent / "book.md").write_text("# Outside\n")
    with pytest.raises(NotFound):
        started(name, omar)


def test_a_link_out_of_the_folder_is_not_there(app, omar, folder):
    (folder.parent / "secret.md").write_text("# Secret\n")
    (folder / "inside.md").symlink_to(folder.parent / "secret.md")
    with pytest.raises(NotFound):
        started("inside", omar)


def test_a_file_without_text_has_nothing_to_follow(app, omar, write):
    with pytest.raises(Conflict, match="nothing to follow"):
        started(write("---\ntitle: A folder\n---\n"), omar)
