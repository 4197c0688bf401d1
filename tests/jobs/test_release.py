"""What names a release: the commit of the checkout, whoever owns it, or the files."""

import logging
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.app import log_start
from portal.databases.status.checks import room
from portal.jobs import release

GIT = ("git", "-c", "user.name=ana", "-c", "user.email=ana@example.com", "-c", "gc.auto=0")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """This process's code, as a checkout that belongs to another user."""
    for words in (("init", "-q"), ("commit", "-q", "--allow-empty", "-m", "first")):
        subprocess.run([*GIT, *words], cwd=tmp_path, check=True)
    monkeypatch.setattr(release, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    _forget()
    yield tmp_path
    _forget()


def _forget() -> None:
    release.release_name.cache_clear()
    release._commit.cache_clear()


def test_a_checkout_of_another_user_is_named_by_its_commit(checkout: Path) -> None:
    asked = ["git", "-c", f"safe.directory={checkout}", "rev-parse", "--short=12", "HEAD"]
    commit = subprocess.run(asked, cwd=checkout, check=True, capture_output=True, text=True)
    assert release.release_name() == commit.stdout.strip()
    assert release.why_no_commit() is None


def test_a_commit_that_can_not_be_read_is_named_in_the_log_and_by_check(
    checkout: Path, app, caplog
) -> None:
    (checkout / ".git" / "HEAD").write_text("garbage\n")
    with app.app_context(), caplog.at_level(logging.WARNING):
        log_start()
    [named] = [each.message for each in caplog.records if "can’t be read" in each.message]
    assert f"The commit of {checkout} can’t be read (fatal: not a git repository" in named
    assert f"named by its files, {release._digest()}." in named
    [noted] = room.release()
    assert (noted.sentence, noted.is_fault) == (named, False)
