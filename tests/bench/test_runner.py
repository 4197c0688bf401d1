"""`make bench` ends within its ten minutes only where each file has its share of them, and tells of
this release only where a file follows its history."""

import shutil
from pathlib import Path

from bench.__main__ import BUDGETS, FOLDER
from bench.bench_change import ROOT, add_revision
from portal.databases.migrations.history import History


def test_each_benchmark_has_a_share_of_the_time() -> None:
    assert sorted(BUDGETS) == sorted(each.stem for each in FOLDER.glob("bench_*.py"))


def test_the_empty_changes_follow_the_newest_revision(tmp_path: Path) -> None:
    folder = tmp_path / "directory"
    shutil.copytree(ROOT / "migrations" / "directory", folder)
    before = History(folder).head()
    for number in (1, 2):
        add_revision(folder, number)
    pending = History(folder).pending(before, History(folder).head())
    assert [each.id for each in pending] == ["empty1", "empty2"]
