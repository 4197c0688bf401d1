"""A state of the control room that takes long to reach: reached once, put back for each test."""

from collections.abc import Callable
from pathlib import Path

from flask import Flask

from portal.app import create_app
from portal.core.configuration.settings import Settings, load_settings
from portal.core.storage.database import db

TARGETS = {"development.sqlite3", "production.sqlite3"}


class Scene:
    """Everything in `PORTAL_DATA` as `reach` left it.

    A target's file is put back in place, since its anchor names address and inode; so a scene
    serves tests that replace no such file. All others are made anew, since a connection that some
    thread still has to the old ops database must not meet the new one.
    """

    def __init__(self, data: Path, ops: Path, reach: Callable[[], object]) -> None:
        self.data = data
        self.data.mkdir()
        (self.data / ops.name).write_bytes(ops.read_bytes())
        leave(create_app(self.settings), reach)
        self._kept = {file: file.read_bytes() for file in self._files()}

    @property
    def settings(self) -> Settings:
        return load_settings({"PORTAL_DATA": str(self.data), "SECRET_KEY": "only for tests"})

    def put_back(self) -> Settings:
        for file in self._files():
            if file.name not in TARGETS:
                file.unlink()
        for file, content in self._kept.items():
            file.write_bytes(content)
        return self.settings

    def _files(self) -> set[Path]:
        return {path for path in self.data.rglob("*") if path.is_file()}


class AwayScene(Scene):
    """With a store off the machine. Folders that stand where files do go first."""

    def __init__(self, data: Path, ops: Path, reach: Callable[[], object], **told: str) -> None:
        self.told = told
        super().__init__(data, ops, reach)

    @property
    def away(self) -> Path:
        return self.data.with_name("away")

    @property
    def settings(self) -> Settings:
        self.away.mkdir(exist_ok=True)
        own = {"PORTAL_DATA": str(self.data), "SECRET_KEY": "only for tests"}
        return load_settings(own | {"BACKUP_URL": f"file:{self.away}"} | self.told)

    def put_back(self) -> Settings:
        for path in (*self._kept, *self.data.rglob("*.*"), *self.away.iterdir()):
            if path.is_dir():
                path.rmdir()
        return super().put_back()

    def _files(self) -> set[Path]:
        return super()._files() | set(self.away.iterdir())


def leave(app: Flask, reach: Callable[[], object]) -> None:
    with app.app_context():
        reach()
        db.session.commit()
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
