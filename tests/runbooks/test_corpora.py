"""Any Markdown file is a runbook: other people's run as they are."""

from dataclasses import replace

import pytest

from portal.core.configuration.settings import Settings
from portal.core.storage.database import db
from portal.runbooks.format.parse import parse_runbook
from portal.runbooks.models import Run, RunState
from tests.support.cast import log_in, make_account
from tests.support.corpora import FOLDER, need_corpora, public_runbooks

ROOT = FOLDER / "corpora" / "runbooks"
BOOKS = [path for path in public_runbooks() if path.name != "_index.md"]
INDEXES = [path for path in public_runbooks() if path.name == "_index.md"]


def name_of(path):
    return path.relative_to(ROOT).with_suffix("").as_posix()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    need_corpora()
    return replace(settings, runbooks_dir=ROOT)


def test_all_of_them_are_there(app):
    assert len(BOOKS) == 108
    assert len(INDEXES) == 9


def test_each_runs_to_its_end_in_the_browser(client, app):
    """By requests that read no page between them, which tests/…/test_pages does."""
    log_in(client, make_account("omar"))
    for path in BOOKS:
        response = client.post(f"/ops/runbooks/{name_of(path)}/runs")
        assert response.status_code == 302, path
        run = db.session.get_one(Run, int(response.location.partition("#")[0].rsplit("/", 1)[1]))
        while run.is_open:
            due = run.due_row.step_id
            data = {"version": run.version, "note": "", "tick": [*range(20)]}
            done = client.post(f"/ops/runs/{run.id}/steps/{due}/completion", data=data)
            assert done.status_code == 302, (path, due)
            db.session.expire_all()
        assert run.state is RunState.DONE
        assert run.source.encode() == path.read_bytes()


@pytest.mark.parametrize("path", INDEXES, ids=[name_of(path) for path in INDEXES])
def test_each_index_opens(client, app, path):
    log_in(client, make_account("omar"))
    response = client.get(f"/ops/runbooks/{name_of(path)}")
    assert response.status_code == 200
    assert "There is nothing to follow" in response.text


@pytest.mark.parametrize("path", BOOKS[::12], ids=[name_of(path) for path in BOOKS[::12]])
def test_some_of_their_pages_are_sound(client, app, path):
    log_in(client, make_account("omar"))
    assert client.page(f"/ops/runbooks/{name_of(path)}").find(attrs={"data-document": True})
    client.post(f"/ops/runbooks/{name_of(path)}/runs")
    assert client.page("/ops/runs/1").find(attrs={"aria-current": "step"})


def test_the_list_shows_them_all_by_folder(client, app):
    log_in(client, make_account("omar"))
    pages = [client.page(f"/ops/runbooks?page={number}") for number in (1, 2, 3)]
    assert sum(len(page.select("tbody tr")) for page in pages) == 117
    folders = [each.get_text() for page in pages for each in page.find_all("h2")]
    assert "prometheus-operator/etcd" in folders


def test_every_word_of_a_file_is_in_its_steps_or_its_reading(app):
    for path in BOOKS:
        book = parse_runbook(path.read_bytes(), name_of(path))
        kept = " ".join(
            [book.title, *(each.body for each in book.reading)]
            + [f"{step.title} {step.prose}" for step in book.all_steps]
        )
        lost = [
            line
            for line in book.document.body.splitlines()
            if line.strip() and not line.startswith("#") and line.strip() not in kept
        ]
        assert not lost, (path, lost[:3])
