"""Two at once, in threads that are requests and in processes of their own, on one SQLite file."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from portal.jobs.models import Operation
from portal.runbooks.models import Run
from tests.runbooks.conftest import actions_of, started, titles
from tests.support.cast import log_in, make_account
from tests.support.commands import PIPE, Forked

BOOK = "## Steps\n\n### One\n\n### Two\n"


def environment(settings):
    return {
        "PORTAL_DATA": str(settings.data),
        "RUNBOOKS_DIR": str(settings.runbooks_dir),
        "SECRET_KEY": "only for tests",
    }


def send_together(app, people, run, path, data):
    """One request of each person, let go at the same moment; the status of each."""
    address, clients = f"/ops/runs/{run.id}/{path}", []
    for person in people:
        client = app.test_client()
        log_in(client, person)
        client.csrf_token(address)
        clients.append(client)
    db.session.commit()
    gate = Barrier(len(clients))

    def send(client):
        gate.wait()
        return client.post(address, data=data).status_code

    with ThreadPoolExecutor(len(clients)) as pool:
        return Counter(pool.map(send, clients))


@pytest.mark.parametrize("count", range(3))
def test_two_people_at_one_step_are_one_success_one_conflict_one_event(
    app, omar, ana, write, count
):
    run = started(write(BOOK), omar)
    data = {"version": "1", "note": ""}
    found = send_together(app, [omar, ana], run, "steps/one/completion", data)
    assert found == {302: 1, 409: 1}
    db.session.expire_all()
    assert titles(run) == ["One: done", "Two: waiting"]
    assert actions_of(run) == ["run.started", "step.completed"]
    refused = db.session.query(AuditEntry).filter_by(outcome="refused").count()
    assert refused == 1


def test_one_person_in_four_windows_completes_a_step_once(app, omar, write):
    run = started(write(BOOK), omar)
    data = {"version": "1", "note": "mine"}
    found = send_together(app, [omar] * 4, run, "steps/one/completion", data)
    assert found == {302: 1, 409: 3}
    assert actions_of(run) == ["run.started", "step.noted", "step.completed"]


def test_two_who_take_over_at_once_do_not_both_drive(app, omar, ana, write):
    run = started(write(BOOK), make_account("zoe", role=ana.role))
    found = send_together(app, [omar, ana], run, "driver", {"version": "1"})
    assert found == {302: 1, 409: 1}
    assert actions_of(run) == ["run.started", "run.taken-over"]


def test_an_action_asked_for_twice_at_once_is_one_operation(app, omar, write, the_errand):
    run = started(write("## Steps\n### Go\n```step\naction: tests.errand\n```\n"), omar)
    data = {"version": "1", "note": ""}
    found = send_together(app, [omar, omar], run, "steps/go/operation", data)
    assert found == {302: 1, 409: 1}
    assert db.session.query(Operation).count() == 1


def test_processes_that_complete_one_step_at_once_agree_on_one(app, omar, write, settings):
    run = started(write(BOOK), omar)
    words = ("-m", "tests.runbooks.acts", "complete", str(run.id), "wait")
    db.session.commit()
    processes = [
        Forked(*words, env=environment(settings), stdin=PIPE, stdout=PIPE) for _ in range(3)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate() for process in processes]
    assert sorted(each.partition(":")[0].strip() for each in said) == [
        "conflict",
        "conflict",
        "success",
    ]
    db.session.expire_all()
    assert db.session.get_one(Run, run.id).version == 2
    assert actions_of(run) == ["run.started", "step.noted", "step.completed"]
