"""flask audit checkpoint and export: what leaves the machine, and proves the log without it."""

import hashlib
import json

import pytest

from portal.audit.actor import NamedActor
from portal.audit.chain.hashing import GENESIS
from portal.audit.cli import commands
from portal.audit.models import AuditEntry
from portal.audit.service import record
from portal.core.storage.database import db
from tests.support.databases import change_ops_by_hand

ANA = NamedActor(id=1, name="ana", role="admin")


@pytest.fixture
def run(app):
    for number in range(3):
        record("test.happened", by=ANA, target=f"“{number}”")
    db.session.commit()
    runner = app.test_cli_runner()

    def invoke(*words: str):
        ended = runner.invoke(args=["audit", *words])
        db.session.rollback()
        return ended

    return invoke


def last_action() -> str:
    return db.session.query(AuditEntry).order_by(AuditEntry.seq.desc()).first().action


def test_a_checkpoint_is_kept_elsewhere_and_finds_a_log_that_was_cut(run, tmp_path):
    kept = tmp_path / "kept.json"
    assert run("checkpoint", "--to", str(kept)).exit_code == 0
    assert json.loads(kept.read_text())["entries"] == 3
    assert last_action() == "audit.checkpoint-taken"
    assert run("verify", "--checkpoint", str(kept)).exit_code == 0

    held = json.loads(run("checkpoint").output)
    kept.write_text(json.dumps({**held, "entries": held["entries"] + 50}))
    cut = run("verify", "--checkpoint", str(kept))
    assert cut.exit_code == 1
    assert "The log was cut short" in cut.output


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        ({"entries": 0, "chain": GENESIS}, "hold"),
        ({"checkpoint": {"entries": 0, "chain": GENESIS}}, "hold"),
        ({"entries": 1, "chain": "0" * 64}, "The log was rewritten: entry 1 isn't the"),
        ({"checkpoint": {"entries": 9, "chain": ""}}, "there were 9 entries at the checkpoint"),
        ([], "This holds no checkpoint of an audit log."),
        ({}, "This holds no checkpoint of an audit log."),
        ({"entries": None, "chain": ""}, "This holds no checkpoint of an audit log."),
        ({"entries": "many", "chain": ""}, "This holds no checkpoint of an audit log."),
    ],
)
def test_a_checkpoint_is_compared_or_refused(run, tmp_path, kept, words):
    file = tmp_path / "kept.json"
    file.write_text(json.dumps(kept))
    ended = run("verify", "--checkpoint", str(file))
    assert words in ended.output
    assert ended.exit_code == (0 if words == "hold" else 1)


def test_an_export_can_be_checked_with_nothing_but_hashes(run, tmp_path):
    file = tmp_path / "log.jsonl"
    assert run("export", "--to", str(file)).exit_code == 0
    assert last_action() == "audit.exported"

    chain, lines = GENESIS, file.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [1, 2, 3]
    for line in lines:
        entry = json.loads(line)
        leaf = hashlib.sha256(b"\0" + entry["canonical"].encode()).hexdigest()
        chain = hashlib.sha256(b"\2" + bytes.fromhex(chain) + bytes.fromhex(leaf)).hexdigest()
        assert (leaf, chain) == (entry["leaf"], entry["chain"])
    assert "ana" not in file.read_text(), "names do not leave with it"
    assert run("export").output.splitlines()[:3] == lines


def entries() -> int:
    return db.session.query(AuditEntry).count()


def test_each_command_of_the_log_is_recorded(run):
    """A new command that nobody thought of here fails."""
    for name in commands.commands:
        before = entries()
        assert run(name).exit_code == 0
        assert entries() == before + 1, name


def test_nothing_is_exported_that_can_not_be_recorded(run, tmp_path):
    file = tmp_path / "log.jsonl"
    change_ops_by_hand(
        "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    assert run("export", "--to", str(file)).exit_code != 0
    assert not file.exists()
