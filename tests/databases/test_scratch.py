"""What is wiped as scratch was made as scratch, wherever PORTAL_DATA leads."""

from portal.databases.scratch import LOCK, scratch_root, wipe_left_behind
from tests.databases import stage


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
