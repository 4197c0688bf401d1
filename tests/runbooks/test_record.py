"""Notes, ticks and evidence: kept as typed, by whom and when."""

import pytest

from portal.core.errors import Conflict, Invalid
from portal.core.storage.database import db
from portal.runbooks.engine import step_actions
from portal.runbooks.models import RunState
from tests.runbooks.conftest import actions_of, started, turn_of

NUMBER = "## Steps\n### Count\n```step\nevidence: number Steps\n```\n"
TEXT = NUMBER.replace("number", "text")


def test_ticks_say_who_and_when(app, omar, write):
    run = started(write("# One\n\n- [ ] A\n- [ ] B\n"), omar)
    step_actions.tick(turn_of(run), {1})
    assert list(run.rows[0].ticks) == ["1"]
    assert run.rows[0].ticks["1"]["by"] == "Omar"
    assert run.events[-1].text == "B"


def test_ticking_again_is_no_event(app, omar, write):
    run = started(write("# One\n\n- [ ] A\n"), omar)
    turn = turn_of(run)
    for _ in range(3):
        step_actions.tick(turn, {0})
    assert actions_of(run) == ["run.started", "step.ticked"]


def test_a_tick_that_is_not_there_is_ignored(app, omar, write):
    run = started(write("# One\n\n- [ ] A\n- [x] B\n"), omar)
    step_actions.tick(turn_of(run), {1, 7})
    assert run.rows[0].ticks == {}


@pytest.mark.parametrize("text", ["{{ 7*7 }}", "<b>x</b>", " spaces ", "über\n\tlines", "\u202e"])
def test_a_note_is_kept_as_typed(app, omar, write, text):
    run = started(write("# One\n"), omar)
    step_actions.note(turn_of(run), text)
    db.session.commit()
    db.session.expire_all()
    assert run.rows[0].note == text


def test_line_ends_of_a_browser_become_plain_ones(app, omar, write):
    run = started(write("# One\n"), omar)
    step_actions.note(turn_of(run), "a\r\nb")
    assert run.rows[0].note == "a\nb"


def test_a_note_has_an_end(app, omar, write):
    run = started(write("# One\n"), omar)
    with pytest.raises(Invalid):
        step_actions.note(turn_of(run), "x" * 20_001)


@pytest.mark.parametrize("text", ["12", " 12 ", "-1.5", "0,5"])
def test_evidence_completes_a_step_that_asks_for_a_number(app, omar, write, text):
    run = started(write(NUMBER), omar)
    turn = turn_of(run)
    step_actions.give_evidence(turn, text)
    step_actions.complete_step(turn)
    assert run.state is RunState.DONE
    assert run.rows[0].evidence == text


@pytest.mark.parametrize("text", ["many", "1 2", "1.2.3"])
def test_what_is_not_a_number_is_refused(app, omar, write, text):
    run = started(write(NUMBER), omar)
    with pytest.raises(Invalid, match="must be a number"):
        step_actions.give_evidence(turn_of(run), text)


@pytest.mark.parametrize(("text", "book"), [("", NUMBER), ("  \n", TEXT)])
def test_a_step_that_asks_for_evidence_waits_for_it(app, omar, write, text, book):
    run = started(write(book), omar)
    turn = turn_of(run)
    step_actions.give_evidence(turn, text)
    with pytest.raises(Conflict, match="“Steps” is not filled in"):
        step_actions.complete_step(turn)
