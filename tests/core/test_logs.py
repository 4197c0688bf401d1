"""A private link's address is its key, and a key is in no log."""

import io
import logging

import pytest

from portal.core.logs.records import keep_secrets_out_of_logs

TOKEN = "q7-Planted_token-that-opens-a-report"
ADDRESS = f"https://talkback.example/client/links/{TOKEN}"


@pytest.fixture
def log():
    """A logger whose lines can be read."""
    keep_secrets_out_of_logs()
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    logger = logging.getLogger("tests.of.keys")
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, written
    logger.removeHandler(handler)
    logger.propagate = True


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (f"GET /client/links/{TOKEN} HTTP/1.1", ()),
        ("Exception on %s [%s]", (f"/client/links/{TOKEN}.pdf", "GET")),
        ('"%s" 500 -', (f"GET {ADDRESS}?a=b HTTP/1.1",)),
        ("%(path)s", ({"path": ADDRESS},)),
        (f"next=%2Fclient%2Flinks%2F{TOKEN}&x=1", ()),
    ],
)
def test_a_line_has_the_beginning_of_the_address_alone(log, words, values):
    logger, written = log
    logger.error(words, *values)
    assert TOKEN not in written.getvalue()
    assert "links" in written.getvalue()
    assert "…" in written.getvalue()


def test_a_traceback_says_no_more(log):
    logger, written = log
    try:
        raise ValueError(f"no room for {ADDRESS}") from KeyError(ADDRESS)
    except ValueError:
        logger.exception("It failed.")
    text = written.getvalue()
    assert TOKEN not in text
    assert text.count("/client/links/…") == 2
    assert "ValueError: no room" in text


def test_other_lines_are_as_they_were(log):
    logger, written = log
    logger.warning("%s of %d, 100%%, /client/incidents/outage", "one", 2)
    logger.warning("100 % of it")
    assert written.getvalue() == "one of 2, 100%, /client/incidents/outage\n100 % of it\n"
