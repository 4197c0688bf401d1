"""Entries as the log's page filters them, as CSV and JSON Lines; and each action as a sentence."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.audit.actor import NamedActor
from portal.audit.models import Outcome
from portal.audit.origin import Origin, set_origin
from portal.audit.reading import export
from portal.audit.reading.sentences import PHRASES, sentence_of
from portal.audit.service import record
from portal.core.storage.database import db
from tests.support.cast import log_in, make_account
from tests.support.nothing import require_none
from tests.support.pages import words

OMAR = NamedActor("Omar", "ops", 7)
SAVED = Path(__file__).parents[1] / "house" / "fixed_names.txt"
WHOLE = {
    "subject": "messages/4",
    "target": "production",
    "details": {"run": 12, "step": "check", "kind": "databases.backup"},
}
SENTENCES = {
    ("ticket.approved", Outcome.DONE): "approved the change of production",
    ("ticket.approved", Outcome.REFUSED): "tried to approve the change of production",
    ("step.ticked", Outcome.DONE): "ticked a box in step “check” of run 12",
    ("step.skipped", Outcome.DONE): "skipped step “check” of run 12",
    ("message.approved", Outcome.DONE): "approved message 4",
    ("audit.verified", Outcome.FAILED): "tried to verify the audit log",
    ("audit.verified", Outcome.DONE): "verified the audit log",
    ("login.failed", Outcome.FAILED): "tried to log in",
    ("login.succeeded", Outcome.DONE): "logged in",
    ("migration.started", Outcome.INTENT): "started the migration of production",
}


@pytest.fixture
def log(app):
    set_origin(Origin(request="r1", address="203.0.113.9", session="17"))
    record("backup.taken", "b-1", by=OMAR, target="production", details={"tables": 7})
    record("window.announced", by=OMAR, target="=cmd()", reason="@SUM(A1)\nsecond, line")
    for step in ("one", "two", "three"):
        record("step.completed", "runs/3", by=OMAR, details={"run": 3, "step": step})
    set_origin(None)
    db.session.commit()


def test_an_export_holds_what_the_filter_shows_and_is_recorded(client, log):
    log_in(client, make_account("omar"))
    page = client.page("/ops/audit?target=cmd")
    links = {words(a): a["href"] for a in page.select("a[href*=export]")}
    assert set(links) == {"Export these 1 as CSV", "Export these 1 as JSON Lines"}
    answer = client.get(links["Export these 1 as CSV"])
    assert "audit-log.csv" in answer.headers["Content-Disposition"]
    row = next(csv.DictReader(io.StringIO(answer.text)))
    assert (row["target"], row["reason"]) == ("'=cmd()", "'@SUM(A1)\nsecond, line")
    assert row["who"] == "Omar"
    lines = client.get("/ops/audit/export.jsonl?action=step.completed").text.splitlines()
    assert [json.loads(each)["details"]["step"] for each in lines] == ["three", "two", "one"]
    whole = client.get("/ops/audit/export.csv").text
    assert "download" in whole
    assert "203.0.113.9" not in whole


def test_a_client_gets_no_export(client, log):
    log_in(client, make_account("cleo"))
    assert client.get("/ops/audit/export.csv").status_code == 403


def test_more_than_a_file_holds_is_refused_not_cut(client, log, monkeypatch):
    monkeypatch.setattr(export, "MOST", 3)
    monkeypatch.setattr(export, "BATCH", 2)
    log_in(client, make_account("ana"))
    page = client.page("/ops/audit/export.csv", status=400)
    assert "More than 3 entries match" in words(page)
    assert len(client.get("/ops/audit/export.jsonl?target=production").text.splitlines()) == 1


def test_entries_of_one_run_are_folded(client, log):
    log_in(client, make_account("ana"))
    page = client.page("/ops/audit?action=step.completed")
    row = page.select_one("table.log tbody tr:not([hidden])")
    assert "completed step “three” of run 3" in words(row)
    assert words(row.find("summary")) == "2 more of run 3"
    assert len(page.select("table.log tbody tr:not([hidden])")) == 1


@pytest.mark.parametrize("asked", SENTENCES, ids=str)
def test_an_entry_is_a_sentence(asked):
    action, outcome = asked
    assert sentence_of(action, outcome, WHOLE) == SENTENCES[asked]


def test_every_action_has_one_also_where_the_entry_lacks_what_it_names():
    prefix = "audit action "
    names = [each.removeprefix(prefix) for each in SAVED.read_text().splitlines() if prefix in each]
    add, remove = set(names) - set(PHRASES), set(PHRASES) - set(names)
    require_none(add, "Add a phrase for each to PHRASES of portal/audit/reading/sentences.py")
    require_none(remove, "No such action: remove these from portal/audit/reading/sentences.py")
    for name in names:
        for outcome in Outcome:
            bare = sentence_of(name, outcome, {})
            assert "{" not in bare
            assert "  " not in bare
            assert not bare.endswith((" of", " on", " to", " from", " for", " "))


@given(st.text())
def test_no_cell_begins_as_a_formula(text):
    assert not str(export._cell(text)).startswith(("=", "+", "-", "@", "\t", "\r"))
