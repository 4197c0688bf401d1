"""What is wiped as scratch was made as scratch, wherever PORTAL_DATA leads."""

import os
import shutil
import signal
from pathlib import Path

from portal.databases.backups.scratch import LOCK, scratch_folder, scratch_root, wipe_left_behind
from tests.databases import stage
from tests.faults.forks import in_a_fork
from tests.faults.moments import kill


def test_only_what_was_made_here_is_wiped(app, tmp_path):
    root = scratch_root()
    for name in ("copy-left", "copy-empty", "copy-of-the-holiday"):
        (root / name).mkdir(parents=True)
    (root / "copy-left" / LOCK).touch()
    (root / "copy-left" / "scratch.sqlite3").touch()
    (root / "copy-of-the-holiday" / "photo.jpg").touch()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / LOCK).touch()
    (root / "copy-link").symlink_to(elsewhere)
    (root / "copy-file").touch()
    for each in root.iterdir():
        stage.make_old(each)

    assert wipe_left_behind() == 2

    left = {each.name for each in root.iterdir()}
    assert left == {"copy-of-the-holiday", "copy-link", "copy-file"}
    assert list((root / "copy-of-the-holiday").iterdir())
    assert list(elsewhere.iterdir())


def test_a_wipe_that_was_cut_short_goes_on(app, monkeypatch):
    """Whatever is still there is known to be scratch: its mark goes last."""

    def dies() -> None:
        remove, unlink = os.unlink, Path.unlink

        def then_die(name, *, dir_fd=None):
            remove(name, dir_fd=dir_fd)
            kill()

        def unlink_then_die(self, missing_ok=False):
            unlink(self, missing_ok=missing_ok)
            kill()

        listed = os.scandir

        class LockFirst(list):
            def __enter__(self):
                return self

            def __exit__(self, *_):
                return None

        os.unlink, Path.unlink = then_die, unlink_then_die
        shutil.os.scandir = lambda where: LockFirst(
            sorted(listed(where), key=lambda each: each.name != LOCK)
        )
        with scratch_folder() as folder:
            (folder / "raw.sqlite3").write_text("Zarina Okonkwo")
            (folder / "scratch.sqlite3").write_text("Zarina Okonkwo")

    assert in_a_fork(dies) == -signal.SIGKILL
    [folder] = scratch_root().glob("copy-*")
    stage.make_old(folder)

    assert wipe_left_behind() == 1
    assert not folder.exists()
