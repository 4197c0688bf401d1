import pytest

from portal.core.errors import Conflict
from portal.core.storage.database import db
from portal.runbooks.engine import step_actions
from portal.runbooks.engine.runs import take_over
from portal.runbooks.models import RunState, StepState
from tests.runbooks.conftest import actions_of, carry_out, started, turn_of
from tests.runbooks.test_pages import send
from tests.support.cast import make_account

PHRASE = "DROP  The Piano"
BOOK = f"## Steps\n\n### Sure\n\n```step\nconfirm: {PHRASE}\n```\n"
WITH_ACTION = BOOK.replace("confirm:", "action: tests.errand\nconfirm:")
NEARLY = [
    "",
    PHRASE.lower(),
    PHRASE.upper(),
    f" {PHRASE}",
    f"{PHRASE} ",
    f"{PHRASE}\n",
    PHRASE.replace("  ", " "),
    PHRASE.replace("  ", " \u00a0"),
    PHRASE.replace("P", "Р"),  # Cyrillic
    PHRASE.replace("o", "ο"),  # Greek
    PHRASE.replace("i", "і"),
    PHRASE + "\u200b",
    PHRASE[:-1],
]


@pytest.mark.parametrize("text", NEARLY, ids=[repr(text) for text in NEARLY])
def test_a_phrase_that_is_nearly_right_is_refused(app, omar, write, text):
    run = started(write(BOOK), omar)
    with pytest.raises(Conflict, match="not the phrase"):
        step_actions.confirm(turn_of(run), text)
    db.session.rollback()
    assert run.rows[0].state is StepState.WAITING
    assert run.rows[0].confirmed_at is None


def test_the_phrase_completes_a_step_that_asks_for_nothing_else(app, omar, write):
    run = started(write(BOOK), omar)
    step_actions.confirm(turn_of(run), PHRASE)
    assert run.state is RunState.DONE
    assert run.rows[0].confirmed_by == "Omar"
    assert "step.confirmed" in actions_of(run)


def test_a_step_with_a_phrase_is_not_completed_without_it(app, omar, write):
    run = started(write(BOOK), omar)
    with pytest.raises(Conflict, match="phrase has not been typed"):
        step_actions.complete_step(turn_of(run))


def test_a_step_with_ticks_too_waits_for_them_after_the_phrase(app, omar, write):
    run = started(write(f"{BOOK}\n- [ ] Sorry\n"), omar)
    turn = turn_of(run)
    step_actions.confirm(turn, PHRASE)
    assert run.rows[0].state is StepState.WAITING
    step_actions.tick(turn, {0})
    step_actions.complete_step(turn)
    assert run.state is RunState.DONE


def test_an_action_waits_for_the_phrase(app, omar, write, the_errand):
    run = started(write(WITH_ACTION), omar)
    with pytest.raises(Conflict, match="phrase has not been typed"):
        step_actions.run_action(turn_of(run))


def test_the_phrase_counts_for_one_action_only(app, omar, write, the_errand):
    the_errand.fails = True
    run = started(write(WITH_ACTION), omar)
    turn = turn_of(run)
    step_actions.confirm(turn, PHRASE)
    step_actions.run_action(turn)
    carry_out(run)
    with pytest.raises(Conflict, match="phrase has not been typed"):
        step_actions.run_action(turn_of(run))
    db.session.rollback()
    the_errand.fails = False
    turn = turn_of(run)
    step_actions.confirm(turn, PHRASE)
    step_actions.run_action(turn)
    carry_out(run)
    assert run.state is RunState.DONE


def test_the_phrase_counts_for_whoever_typed_it_only(app, omar, ana, write, the_errand):
    run = started(write(WITH_ACTION), omar)
    step_actions.confirm(turn_of(run), PHRASE)
    take_over(run.id, version=run.version, by=ana)
    with pytest.raises(Conflict, match="phrase has not been typed"):
        step_actions.run_action(turn_of(run))


def test_a_step_without_a_phrase_takes_none(app, omar, write):
    run = started(write("# One\n"), omar)
    with pytest.raises(Conflict, match="asks for no phrase"):
        step_actions.confirm(turn_of(run), "YES")


def test_a_wrong_phrase_in_the_browser_is_refused_and_the_note_stays_on_the_page(browser, write):
    run = started(write(BOOK), _omar())
    response = send(browser, run, "sure", "confirmation", phrase="drop the piano", note="heavy")
    assert response.status_code == 422
    assert "not the phrase" in response.text
    assert "heavy</textarea>" in response.text
    db.session.expire_all()
    assert actions_of(run) == ["run.started"]


def test_the_page_shows_what_the_phrase_confirms(browser, write):
    inputs = "## Inputs\n\n```inputs\nroom: text\n```\n\n"
    run = started(write(inputs + BOOK), _omar(), room="Studio {{ 7*7 }}")
    page = browser.page(f"/ops/runs/{run.id}")
    assert "room: Studio {{ 7*7 }}" in page.find(id="phrase-hint").get_text()
    assert page.find("label", attrs={"for": "phrase"}).code.get_text() == PHRASE


def _omar():
    return make_account("omar")
