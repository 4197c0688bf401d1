"""The folder of other people's documents that rendering is measured on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.documents import render as rendering
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
