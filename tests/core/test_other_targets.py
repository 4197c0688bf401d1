"""TARGETS: each wrong setting is one line that names the variable."""

from pathlib import Path

import pytest

from portal.core.configuration.settings import load_settings
from portal.core.errors import SettingError


@pytest.fixture
def told(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").touch()
    return {
        "TARGETS": "news-letter/production",
        "NEWS_LETTER_PRODUCTION_DATABASE_URL": "postgresql://site@db/news",
        "NEWS_LETTER_PRODUCTION_MIGRATIONS": str(folder),
    }


def test_a_target_has_its_address_and_its_folder(told):
    [found] = load_settings(told).others

    assert found.name == "news-letter/production"
    assert found.url.database == "news"
    assert found.changing_url == found.url
    assert found.migrations.name == "migrations"


def test_it_may_be_changed_as_another_role(told):
    [found] = load_settings(
        told | {"NEWS_LETTER_PRODUCTION_ADMIN_URL": "postgresql://worker@db/news"}
    ).others

    assert (found.url.username, found.changing_url.username) == ("site", "worker")


def test_there_is_none_without_the_setting():
    assert load_settings({}).others == ()


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"TARGETS": "news"}, "TARGETS holds “news”; a target is <application>/production"),
        ({"TARGETS": "news/staging"}, "TARGETS holds “news/staging”"),
        ({"TARGETS": "../production"}, "TARGETS holds “../production”"),
        ({"TARGETS": "ops/production"}, "“ops” is no name for another one"),
        ({"TARGETS": "studio-directory/production"}, "is no name for another one"),
        ({"TARGETS": "news-letter/production,news-letter/production"}, "twice"),
        ({"NEWS_LETTER_PRODUCTION_DATABASE_URL": ""}, "_PRODUCTION_DATABASE_URL is missing"),
        ({"NEWS_LETTER_PRODUCTION_DATABASE_URL": "mysql://x/y"}, "names mysql"),
        ({"NEWS_LETTER_PRODUCTION_MIGRATIONS": ""}, "NEWS_LETTER_PRODUCTION_MIGRATIONS is missing"),
        ({"NEWS_LETTER_PRODUCTION_MIGRATIONS": "/nowhere"}, "there is no env.py"),
    ],
)
def test_a_wrong_one_is_reported_in_one_line(told, changed, line):
    with pytest.raises(SettingError, match=".") as error:
        load_settings(told | changed)

    assert line in str(error.value)
    assert "\n" not in str(error.value)
