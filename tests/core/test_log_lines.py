"""The form of a log line, and what is logged once although it happens again and again."""

import io
import json
import logging
import re
import sys
from types import SimpleNamespace

import pytest

from portal.core.logs.labels import begin_request, name_process, request_id, working_on
from portal.core.logs.lasting import Lasting
from portal.core.logs.setup import LogFormat, Repeats, formatter, log_as_sentences

SHAPE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (INFO|WARNING|ERROR|CRITICAL) [a-z]+/\d+"
    r" (-|request=\S+|operation=\d+) (-|target=\S+) [\w.]+:  ?.*"
)


@pytest.fixture(params=list(LogFormat))
def form(request) -> LogFormat:
    return request.param


@pytest.fixture
def log():
    """A logger whose lines are read with `log.lines()`."""
    written, logger = io.StringIO(), logging.getLogger("tests.of.lines")
    handler = logging.StreamHandler(written)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    yield SimpleNamespace(
        logger=logger, handler=handler, lines=lambda: written.getvalue().splitlines()
    )
    logger.removeHandler(handler)
    logger.propagate = True
    name_process("command")


def test_each_line_says_when_what_which_process_what_for_and_about_what(log, form):
    log.handler.setFormatter(formatter(form))
    name_process("web", target="production")
    begin_request("8f0c2d1e")
    log.logger.warning("%d of %s", 1, "two")
    begin_request(None)
    with working_on(17, "newsletter/production"):
        log.logger.info("Begun.")
    log.logger.info("Nothing more.")
    if form is LogFormat.JSON:
        found = [json.loads(each) for each in log.lines()]
        assert {*found[0]} == {
            "time",
            "level",
            "process",
            "pid",
            "request",
            "target",
            "logger",
            "message",
        }
        assert (found[0]["request"], found[0]["message"]) == ("8f0c2d1e", "1 of two")
        assert (found[1]["operation"], found[1]["target"]) == (17, "newsletter/production")
        assert "operation" not in found[2]
        return
    assert all(SHAPE.fullmatch(each) for each in log.lines())
    first, second, third = log.lines()
    assert " request=8f0c2d1e target=production tests.of.lines: 1 of two" in first
    assert " operation=17 target=newsletter/production " in second
    assert " - target=production " in third


def test_a_traceback_is_found_by_the_id_of_its_request(log, form):
    log.handler.setFormatter(formatter(form))
    begin_request("8f0c2d1e")
    try:
        raise ValueError("no such place")
    except ValueError:
        log.logger.exception("It failed.")
    begin_request(None)
    if form is LogFormat.JSON:
        [line] = log.lines()
        assert json.loads(line)["trace"].endswith("ValueError: no such place")
        return
    assert len(log.lines()) > 3
    assert all(SHAPE.fullmatch(each) and "request=8f0c2d1e" in each for each in log.lines())


@pytest.mark.parametrize(
    "sent", ["one\ntwo", "one\r\ntwo", "one\x1b[2Jtwo", "one\u2028two", "\x85"]
)
def test_what_a_client_sends_can_neither_look_like_a_line_nor_move_a_terminal(log, form, sent):
    log.handler.setFormatter(formatter(form))
    log.logger.warning("No page at %s", sent)
    text = "\n".join(log.lines())
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028]", text)
    if form is LogFormat.JSON:
        assert json.loads(text)["message"] == f"No page at {sent}"
    else:
        assert all(SHAPE.fullmatch(each) for each in log.lines())


def test_a_proxy_that_is_trusted_gives_the_id_if_it_can_be_one():
    assert request_id("given-by.proxy_1", trusted_proxies=1) == "given-by.proxy_1"
    for given in (None, "", "short", "x" * 65, "a b c d e f", "one,two,three", "ein\nzwei1234"):
        assert request_id(given, trusted_proxies=1) != given
    assert request_id("given-by.proxy_1", trusted_proxies=0) != "given-by.proxy_1"
    assert request_id(None, trusted_proxies=0) != request_id(None, trusted_proxies=0)


def test_what_repeats_outside_of_requests_is_logged_once_a_minute_with_its_count(log):
    log.handler.setFormatter(formatter(LogFormat.TEXT))
    repeats = Repeats(seconds=60)
    log.handler.addFilter(repeats)
    for number in range(220):
        log.logger.warning("The database does not answer.")
        if number == 100:
            log.logger.warning("Something else.")
    assert len(log.lines()) == 2
    repeats._seconds = 0.0
    log.logger.warning("The database does not answer.")
    assert log.lines()[-1].endswith("does not answer. (219 times more since 0 s ago)")


def test_each_request_and_operation_has_its_own_lines(log):
    log.handler.addFilter(Repeats(seconds=60))
    for number in range(3):
        begin_request(f"request-{number}")
        log.logger.error("It failed.")
    begin_request(None)
    for number in range(3):
        with working_on(number):
            log.logger.error("It failed.")
    assert len(log.lines()) == 6


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_state_that_lasts_is_logged_as_it_begins_each_hour_and_as_it_ends(log):
    clock = Clock()
    states = Lasting(log.logger, noun="requests", settle=10, clock=clock)
    for _ in range(220):
        states.note("Answered with 503: there is no database.", at="home")
        clock.now += 0.2
    assert log.lines() == ["Answered with 503: there is no database."]
    states.over("another page")
    states.over("home")
    assert len(log.lines()) == 1, "one success between failures is not the end"
    clock.now += 3600
    states.note("Answered with 503: there is no database.", at="studio")
    assert log.lines()[1:] == [
        "Still so, after 1 h and 221 requests: Answered with 503: there is no database."
    ]
    clock.now += 11
    states.over("studio")
    states.over("studio")
    assert log.lines()[2:] == [
        "Over, after 1 h and 221 requests: Answered with 503: there is no database."
    ]


def test_sentences_that_differ_in_numbers_are_one_state_and_others_are_two(log):
    states = Lasting(log.logger, noun="requests")
    for number in range(5):
        states.note(f"Busy: process {number} holds its lock.", at="home")
    states.note("There is no database.", at="home")
    assert len(log.lines()) == 2
    states.over("home")
    assert [each.split(",")[0] for each in log.lines()[2:]] == ["Over", "Over"]
    assert not states


def test_a_command_shows_a_line_and_no_traceback(capsys):
    kept = logging.lastResort.formatter
    log_as_sentences()
    try:
        raise RuntimeError("the reason")
    except RuntimeError:
        said = ("portal", logging.ERROR, __file__, 1, "It stopped.", (), sys.exc_info())
    record = logging.LogRecord(*said)
    logging.lastResort.handle(record)
    logging.lastResort.setFormatter(kept)
    assert capsys.readouterr().err == "It stopped.\n"
