"""One outage and one draft for each cause, whatever the probes do in a night."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from portal.documents.audiences.audience import Audience
from portal.incidents.live.drafts import DraftWords, reword_draft
from portal.incidents.parsing.vocabulary import Severity
from portal.monitoring.notices.outbox import plan_notices
from portal.monitoring.outages import causes
from portal.monitoring.outages.cause import Cause
from portal.monitoring.outages.causes import react
from portal.monitoring.outages.models import NoticeKind
from portal.monitoring.outages.sentences import sentence_of
from portal.monitoring.outages.service import acknowledge
from portal.monitoring.probes.models import Probe, ProbeOutcome, ProbeResult
from portal.monitoring.probes.plan import reset
from tests.monitoring.outages.scene import (
    DOWN,
    SENTENCE,
    UNKNOWN,
    Night,
    drafts,
    kinds,
    minutes,
    outages,
)
from tests.support.cast import make_account

SITE = ("schema", "database", "ready", "home")
DOWN_, REMINDER, LAST, UP_ = (
    *(NoticeKind.DOWN, NoticeKind.REMINDER),
    *(NoticeKind.LAST, NoticeKind.UP),
)


@pytest.fixture
def night(app: Flask) -> Night:
    make_account("ana")
    night = Night()
    for kind in SITE:
        name = "Studio search" if kind == "home" else None
        night.probe(f"{kind}:production", public_name=name)
    for key in ("home:development", "backup:production", "disk", "mail", "machine"):
        night.probe(key)
    db.session.commit()
    return night


def actions() -> list[str]:
    query = select(AuditEntry.action).where(AuditEntry.action.startswith("outage."))
    return list(db.session.scalars(query.order_by(AuditEntry.seq)))


def test_all_up_is_calm(night: Night) -> None:
    night.pass_by(minutes(2))
    assert (outages(), drafts(), kinds()) == ([], [], [])


def test_going_down_opens_a_draft_for_staff_with_public_names(night: Night) -> None:
    for back in (4, 3, 2, 1):  # it passed, then failed three times, of which the last took it down
        outcome = ProbeOutcome.PASSED if back == 4 else ProbeOutcome.FAILED
        at = night.at + timedelta(seconds=30) - timedelta(seconds=30 * (back - 1))
        probe = db.session.scalars(select(Probe).where(Probe.key == "home:production")).one()
        db.session.add(ProbeResult(probe_id=probe.id, at=at, outcome=outcome, sentence=""))
    night.round(home__production=DOWN)
    (outage,), (draft,) = outages(), drafts()
    first = night.at - timedelta(seconds=60)
    assert (outage.began_at, outage.seen_at, outage.probes) == (
        first,
        night.at,
        ["home:production"],
    )
    assert (draft.title, draft.affected) == ("Studio search is not available", ["Studio search"])
    assert (draft.audience, draft.severity) == (Audience.INTERNAL, Severity.CRITICAL)
    assert (draft.started_at, draft.detected_at) == (outage.began_at, night.at)
    assert draft.is_draft
    assert (draft.outage_id, outage.incident_id) == (outage.id, draft.id)
    assert actions() == ["outage.opened"]


@pytest.mark.parametrize(
    ("failing", "found"),
    [
        (("home", "schema", "ready"), ["schema:production"]),
        (("home", "database"), ["database:production"]),
        (("ready", "home"), ["ready:production"]),
        (("home",), ["home:production"]),
    ],
)
def test_the_deepest_known_cause_of_a_site_wins(
    night: Night, failing: tuple[str, ...], found: list[str]
) -> None:
    night.round(**{f"{each}__production": DOWN for each in failing})
    assert [each.cause for each in outages()] == found
    assert len(drafts()) == 1
    assert SENTENCE[found[0].partition(":")[0]] in outages()[0].sentence


def test_two_causes_at_once_are_two_outages_and_two_drafts(night: Night) -> None:
    night.round(home__production=DOWN, disk=DOWN)
    assert {each.cause for each in outages()} == {"home:production", "disk"}
    assert {each.severity for each in drafts()} == {Severity.CRITICAL, Severity.MINOR}
    assert len({each.slug for each in drafts()}) == 2
    night.round(home__production=DOWN, home__development=DOWN, disk=DOWN)
    assert len(outages()) == 3


def test_the_same_on_another_target_is_no_page_at_night(night: Night) -> None:
    night.pass_by(minutes(30), home__development=DOWN, backup__production=DOWN)
    assert [each.severity for each in drafts()] == [Severity.MINOR] * 2
    assert kinds() == [DOWN_, DOWN_]


def test_a_deeper_cause_becomes_known_in_the_same_row_and_draft(night: Night) -> None:
    night.round(home__production=DOWN)
    night.round(home__production=DOWN, schema__production=DOWN)
    (outage,), (draft,) = outages(), drafts()
    assert outage.cause == "schema:production"
    assert SENTENCE["schema"] in outage.sentence
    assert set(outage.probes) == {"home:production", "schema:production"}
    night.round(home__production=DOWN)
    assert outages()[0].cause == "schema:production"
    assert outages()[0].ended_at is None
    assert draft.title == "Studio search is not available"
    assert actions() == ["outage.opened", "outage.explained"]


@pytest.mark.parametrize("edited", [False, True])
def test_words_of_a_draft_follow_until_a_person_edits_it(night: Night, edited: bool) -> None:
    night.round(schema__production=DOWN)
    (draft,) = drafts()
    draft.title = "Ana’s words" if edited else draft.title
    db.session.commit()
    probe = db.session.scalars(select(Probe).where(Probe.key == "home:production")).one()
    was = DraftWords("Studio search is not available", Severity.CRITICAL, ["Studio search"])
    becomes = DraftWords("Search and profiles", Severity.CRITICAL, [probe.public_name or ""])
    reword_draft(draft.id, was=was, becomes=becomes)
    assert draft.title == ("Ana’s words" if edited else "Search and profiles")
    assert draft.version == (1 if edited else 2)
    db.session.rollback()


def test_it_ends_when_all_its_probes_are_up_and_a_person_has_the_last_word(night: Night) -> None:
    night.round(home__production=DOWN, ready__production=DOWN)
    night.round(home__production=DOWN)
    assert outages()[0].ended_at is None
    night.round()
    (outage,), (draft,) = outages(), drafts()
    assert (outage.ended_at, draft.mitigated_at) == (night.at, night.at)
    assert draft.is_draft
    assert not draft.is_over
    assert draft.published_at is None


def test_unknown_neither_begins_nor_ends_an_outage(night: Night) -> None:
    """The network is gone: each measurement is inconclusive."""
    gone = {f"{kind}__production": UNKNOWN for kind in SITE}
    night.pass_by(minutes(5), **gone)
    assert outages() == []
    night.round(home__production=DOWN)
    night.pass_by(minutes(5), **gone)
    assert [each.ended_at for each in outages()] == [None]
    night.round()
    assert len(outages()) == len(drafts()) == 1
    assert outages()[0].ended_at == night.at


def test_a_worker_that_was_stopped_for_ten_minutes(night: Night) -> None:
    night.round(home__production=DOWN)
    night.at += minutes(10)
    react(night.at)  # before it has measured anything, what it knows is too old
    assert outages()[0].ended_at is None
    assert len(outages()) == 1
    plan_notices(night.at)
    assert kinds() == [DOWN_, REMINDER]  # one, not one for each that it missed
    night.round(home__production=DOWN)
    assert len(outages()) == len(drafts()) == 1
    night.pass_by(minutes(6))
    assert kinds() == [DOWN_, REMINDER, UP_]


def test_measurements_from_a_stopped_worker_do_not_begin_an_outage(night: Night) -> None:
    for probe in db.session.scalars(select(Probe)):
        probe.state, probe.measured_at = DOWN, night.at - minutes(10)
    db.session.commit()
    react(night.at)
    assert outages() == []


@pytest.mark.parametrize("jump", [minutes(-90), minutes(90)])
def test_a_clock_that_moves(night: Night, jump: timedelta) -> None:
    night.pass_by(minutes(2), home__production=DOWN)
    night.at += jump
    night.pass_by(minutes(4), home__production=DOWN)
    assert (len(outages()), len(drafts())) == (1, 1)
    assert kinds() == [DOWN_, REMINDER]
    night.pass_by(minutes(3))
    assert outages()[0].ended_at is not None
    assert outages()[0].ended_at >= outages()[0].began_at
    night.pass_by(minutes(4))
    assert kinds() == [DOWN_, REMINDER, UP_]
    assert (len(outages()), len(drafts())) == (1, 1)


@pytest.mark.parametrize(("down", "up"), [(2, 2), (4, 1), (4, 12)])
def test_flapping_for_an_hour(night: Night, down: float, up: float) -> None:
    began = night.at
    while night.at < began + minutes(60):
        night.pass_by(minutes(down), home__production=DOWN)
        night.pass_by(minutes(up))
    night.pass_by(minutes(20))
    assert (len(outages()), len(drafts())) == (1, 1)
    assert kinds() == [DOWN_, UP_]
    assert outages()[0].times_down > 3
    assert drafts()[0].mitigated_at == outages()[0].ended_at


def test_after_an_hour_it_is_another_outage(night: Night) -> None:
    night.round(home__production=DOWN)
    night.pass_by(minutes(62))
    night.round(home__production=DOWN)
    assert (len(outages()), len(drafts())) == (2, 2)
    assert len({each.slug for each in drafts()}) == 2


def test_what_comes_back_and_stays_down_is_said_again(night: Night) -> None:
    night.round(home__production=DOWN)
    acknowledge(outages()[0], by=make_account("ana"))
    db.session.commit()
    night.pass_by(minutes(10))
    assert kinds() == [DOWN_, UP_]
    night.pass_by(minutes(14), home__production=DOWN)
    assert kinds() == [DOWN_, UP_]
    assert outages()[0].acknowledged_at is None  # a notice has said that it is up
    night.pass_by(minutes(2), home__production=DOWN)
    assert kinds() == [DOWN_, UP_, REMINDER]


def test_reminders_until_the_last_one(night: Night) -> None:
    night.pass_by(minutes(65), home__production=DOWN)
    assert kinds() == [DOWN_, *[REMINDER] * 11, LAST]
    assert outages()[0].next_notice_at is None


def test_a_probe_that_is_turned_off_is_not_waited_for(night: Night) -> None:
    night.round(home__production=DOWN)
    for probe in db.session.scalars(select(Probe).where(Probe.key == "home:production")):
        probe.is_on = False
    night.pass_by(minutes(10))
    assert outages()[0].ended_at is not None
    assert drafts()[0].mitigated_at is None  # nothing was measured
    assert kinds() == [DOWN_]


def test_a_second_worker_at_the_same_moment_finds_it_done(night: Night) -> None:
    night.round(home__production=DOWN)
    react(night.at)
    react(night.at)
    plan_notices(night.at)
    assert (len(outages()), len(drafts())) == (1, 1)
    assert kinds() == [DOWN_]


def test_what_goes_wrong_with_one_outage_stops_no_other(
    night: Night, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def sentence(cause: Cause, probe: Probe) -> str:
        if cause.kind == "disk":
            raise ValueError("a fault")
        return sentence_of(cause, probe)

    monkeypatch.setattr(causes, "sentence_of", sentence)
    night.round(disk=DOWN, home__production=DOWN, mail=DOWN)
    assert [each.cause for each in outages()] == ["home:production", "mail"]
    assert len(drafts()) == 2
    assert "The outage disk could not be followed" in caplog.text


def test_a_probe_that_is_set_up_no_more_is_not_waited_for(night: Night) -> None:
    night.round(mail=DOWN)
    probe = db.session.scalars(select(Probe).where(Probe.key == "mail")).one()
    reset(probe, "MAIL_URL names no mail server.")
    db.session.commit()
    night.at += minutes(10)
    react(night.at)
    assert [each.ended_at is not None for each in outages()] == [True]


def test_what_goes_down_after_a_person_resolved_it_is_another_one(night: Night) -> None:
    night.round(home__production=DOWN)
    night.round()
    night.pass_by(minutes(8))
    resolved = drafts()[0]
    resolved.published_at = resolved.resolved_at = night.at
    db.session.commit()
    night.round(home__production=DOWN)
    assert [each.is_draft for each in drafts()] == [False, True]
    assert outages()[-1].times_down == 1
