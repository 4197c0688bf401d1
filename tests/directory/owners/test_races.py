"""Two first saves at once, on both engines: one studio, and nothing typed is lost silently."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, text

from portal.core.configuration.settings import Settings, load_settings
from portal.core.storage.database import DirectoryModel, db
from portal.directory.models import StudioProfile, StudioStatus, User
from portal.directory.owners.models import StudioHours
from tests.directory.owners.editing import Editor, Window
from tests.support.ops_on_postgres import WAITING
from tests.support.owners import make_site
from tests.support.postgres import running_server
from tests.support.waiting import wait_until


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Settings]:
    given = {"PORTAL_DATA": str(tmp_path / "data"), "SECRET_KEY": "only for tests"}
    if request.param == "sqlite":
        yield load_settings(given)
        return
    with running_server().database() as url:
        there = url.render_as_string(hide_password=False)
        yield load_settings(given | {"DEVELOPMENT_DATABASE_URL": there})


@pytest.fixture
def site(app: Flask, settings: Settings) -> Iterator[Flask]:
    if settings.development_url.get_backend_name() == "sqlite":
        make_site(app, settings)
    else:
        DirectoryModel.metadata.create_all(db.engine)
        app.extensions["portal.directory.check"] = None
    yield app
    db.session.remove()
    db.engine.dispose()


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Each in a thread of its own, begun at once."""
    start, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def act(number: int) -> None:
        start.wait(30)
        answers[number] = acts[number]()

    threads = [threading.Thread(target=act, args=(number,)) for number in range(len(acts))]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    return answers


def studios() -> int:
    return db.session.scalar(select(func.count(StudioProfile.id))) or 0


def test_two_first_saves_at_once(editor: Editor) -> None:
    names = ("Quiet Corner", "Loud Corner")
    windows = [editor.open("identity").type(name=name) for name in names]
    place = editor.open("place").type(city="London")
    db.session.commit()
    one, other, placed = together(windows[0].keep, windows[1].keep, place.keep)
    assert sorted((one.status_code, other.status_code)) == [200, 409]
    assert placed.status_code == 200
    studio = db.session.scalars(select(StudioProfile)).one()
    assert (studio.name in names, studio.city) == (True, "London")
    lost = other if other.status_code == 409 else one
    assert studio.name in lost.text, "what was saved is shown beside what was typed"


def test_two_windows_save_hours_at_once(editor: Editor) -> None:
    editor.complete()
    windows = [editor.open("hours").type(monday=typed) for typed in ("9-17", "9-12, 13-17")]
    answers = together(*(each.keep for each in windows))
    assert sorted(each.status_code for each in answers) == [200, 409]
    rows = db.session.scalars(select(StudioHours)).all()
    assert len(rows) in {1, 2}


def test_published_and_hidden_at_once(editor: Editor) -> None:
    editor.complete()
    db.session.commit()
    answers = together(*(lambda what=what: editor.press(what) for what in ("publish",) * 3))  # type: ignore[misc]
    assert {each.status_code for each in answers} == {303}
    status = db.session.scalars(select(StudioProfile.status)).one()
    assert status is StudioStatus.ACTIVE


def somebody_waits() -> bool:
    """In a transaction of its own: the server's list stays as it is within one."""
    with db.engine.connect() as connection:
        return bool(connection.scalar(text(WAITING)))


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_a_studio_that_another_release_makes_meanwhile(editor: Editor, olive: User) -> None:
    """It takes no lock on the person: the constraint decides."""
    window: Window = editor.open("identity").type(name="Mine")
    values = {"user_id": olive.id, "name": "Theirs"}
    answers: list[Any] = []
    db.session.commit()
    with db.engine.connect() as connection:
        connection.execute(insert(StudioProfile.__table__).values(values))  # type: ignore[arg-type]
        thread = threading.Thread(target=lambda: answers.append(window.save()))
        thread.start()
        wait_until(somebody_waits)
        connection.commit()
    thread.join(60)
    assert answers[0].status_code == 409
    assert "from another window at the same moment" in answers[0].text
    assert 'value="Mine"' in answers[0].text
    assert studios() == 1
