"""Scratch databases that no scratch folder names: closed, named on home, dropped by a person."""

from portal.audit.actor import SYSTEM
from portal.databases.backups.scratch import scratch_folder
from portal.databases.backups.strays.aside import all_aside
from portal.databases.backups.strays.sorting import sort_strays
from portal.databases.engines.postgresql.copies.copy import new_name
from tests.databases.postgresql.conftest import clone, names, superuser
from tests.support.cast import log_in, make_account


def test_it_is_closed_named_and_dropped_by_a_person(app, client, production, database):
    with scratch_folder() as folder:
        left, used = (new_name(production.url, "scratch", folder) for _ in "ab")
        for each in (left, used):
            clone(database, each)
        (folder / "databases").write_text(f"{used}\n")
        clone(database, f"{database}_scratch_of_a_person")
        done = sort_strays(by=SYSTEM)
        assert done.problems == []
        [name] = done.aside
        assert name.endswith(f"-{left}.database")
        assert sort_strays(by=SYSTEM).aside == []
    query = f"SELECT datallowconn FROM pg_database WHERE datname = '{left}'"
    assert superuser(query) == [(False,)]
    log_in(client, make_account("ana"))
    assert f"set-aside --wipe {name}" in client.page("/ops").get_text()
    command = ["databases", "set-aside", "--wipe", name]
    wiped = app.test_cli_runner().invoke(args=command, input="y\n")
    assert wiped.exit_code == 0, wiped.output
    assert all_aside() == []
    assert left not in names()
    assert {database, f"{database}_scratch_of_a_person"} <= names()
