"""A shipped and a published folder for each test; other people's documents."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from portal.core.configuration.settings import Settings, load_settings
from portal.documents.rendering import render as rendering
from tests.support.corpora import need_corpora


@pytest.fixture(scope="session")
def corpora() -> Path:
    """`PORTAL_CORPORA`, else `../shared`; missing is a failure under CI and a skip elsewhere."""
    return need_corpora()


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """Each test renders afresh."""
    rendering._cache.clear()
    yield
    rendering._cache.clear()


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    return tmp_path / "incidents"


@pytest.fixture
def published(tmp_path: Path) -> Path:
    return tmp_path / "data" / "documents" / "incidents"


@pytest.fixture
def settings(tmp_path: Path, shipped: Path) -> Settings:
    loaded = load_settings({"PORTAL_DATA": str(tmp_path / "data"), "SECRET_KEY": "only for tests"})
    return replace(loaded, incidents_dir=shipped)


def put(root: Path, slug: str, text: str | bytes) -> Path:
    """A file of that slug below the folder."""
    path = root / f"{slug}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path
