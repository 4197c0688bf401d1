"""Up, down and unknown of any sequence of measurements, clocks that are wrong included."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.monitoring.probes.days import Day, availability, days_from, first_day
from portal.monitoring.probes.models import ProbeOutcome, ProbeState
from portal.monitoring.probes.states import Known, Rule, Standing, measured, state_at

PASSED, FAILED, INCONCLUSIVE = ProbeOutcome
UP, DOWN, UNKNOWN = ProbeState
BEGUN = datetime(2026, 11, 30, 12, tzinfo=UTC)
RULE = Rule(timedelta(seconds=30), timedelta(seconds=5))
OUTCOMES = {"+": PASSED, "-": FAILED, "?": INCONCLUSIVE}


class History:
    """What `recording` does with its rows, in memory."""

    def __init__(self, rule: Rule = RULE) -> None:
        self.rule, self.standing = rule, Standing()
        self.spans: list[Known] = []
        self.earlier: list[tuple[datetime, ProbeOutcome]] = []

    def measure(self, at: datetime, outcome: ProbeOutcome) -> ProbeState:
        last = self.standing.span
        change = measured(self.standing, self.rule, at, outcome, self.earlier)
        if change.before and last:
            self.spans[-1] = change.before
        if change.standing.span:
            if change.is_new:
                self.spans.append(change.standing.span)
            else:
                self.spans[-1] = change.standing.span
        self.standing = change.standing
        self.earlier.insert(0, (at, outcome))
        return state_at(self.standing, self.rule, at)


def states(text: str, *, rule: Rule = RULE) -> str:
    """A letter for each measurement, 30 s apart; a dot is one that was left out."""
    history, found = History(rule), ""
    for number, each in enumerate(text):
        if each == ".":
            found += "."
            continue
        state = history.measure(BEGUN + number * rule.interval, OUTCOMES[each])
        found += {UP: "u", DOWN: "d", UNKNOWN: "?"}[state]
    return found


def test_three_failures_go_down_and_two_successes_come_up():
    assert states("+---++") == "uuuddu"
    assert states("+--+--+") == "uuuuuuu"
    assert states("---+-++") == "??ddddu"


def test_flapping_changes_nothing_until_the_thresholds_are_reached():
    assert set(states("+" + "--+" * 40)) == {"u"}
    assert states("+---" + "+-" * 30) == "uuud" + "dd" * 30


def test_what_could_not_be_told_counts_neither_way():
    assert states("+--?-") == "uuu?d"
    assert states("---+?+") == "??dd?u"


def test_after_a_gap_nothing_is_taken_over_that_the_measurement_contradicts():
    assert states("+....+") == "u....u"
    assert states("+....-") == "u....?"
    assert states("---....-+") == "??d....dd"
    assert states("---....+") == "??d....?"
    assert states("+--....--") == "uuu....??"


def test_a_state_is_true_for_two_intervals_and_the_time_out():
    history = History()
    history.measure(BEGUN, PASSED)
    assert state_at(history.standing, RULE, BEGUN + timedelta(seconds=65)) is UP
    assert state_at(history.standing, RULE, BEGUN + timedelta(seconds=66)) is UNKNOWN
    assert state_at(history.standing, RULE, BEGUN - timedelta(seconds=1)) is UNKNOWN


def test_it_is_down_since_the_first_of_the_failures():
    history = History()
    for number, outcome in enumerate([PASSED, PASSED, FAILED, FAILED, FAILED, FAILED]):
        history.measure(BEGUN + number * RULE.interval, outcome)
    first = BEGUN + 2 * RULE.interval
    assert history.standing.since == first
    assert history.spans == [
        Known(UP, BEGUN, first),
        Known(DOWN, first, BEGUN + 5 * RULE.interval),
    ]


def test_ten_minutes_without_a_worker_are_ten_minutes_unknown():
    history = History()
    for minutes in (0, 0.5, 1, 11, 11.5):
        history.measure(BEGUN + timedelta(minutes=minutes), PASSED)
    day = days_from(history.spans, BEGUN + timedelta(minutes=11.5), 1)[0]
    assert (day.up, day.down) == (90, 0)
    assert day.unknown == 12 * 3600 + 600
    assert availability([day]) == 1


STEPS = st.lists(
    st.tuples(
        st.one_of(
            st.sampled_from([30.0, 30.0, 30.0, 31.5, 65.0, 66.0, 600.0]),
            st.floats(0.001, 200_000, allow_nan=False),
        ),
        st.sampled_from(list(ProbeOutcome)),
    ),
    max_size=40,
)


@given(STEPS, st.integers(1, 4), st.integers(1, 4), st.floats(0, 300_000))
def test_up_down_and_unknown_are_the_whole_window(steps, down_after, up_after, later):
    rule = Rule(RULE.interval, RULE.timeout, down_after, up_after)
    history, at, times = History(rule), BEGUN, list[datetime]()
    for seconds, outcome in steps:
        at += timedelta(seconds=seconds)
        history.measure(at, outcome)
        times.append(at)
    end = at + timedelta(seconds=later)
    days = days_from(history.spans, end, 7)
    window = (end - first_day(end, 7)).total_seconds()
    assert abs(sum(day.total for day in days) - window) < 0.01
    assert all(min(day.up, day.down, day.unknown) >= 0 for day in days)
    check_only_measured(history.spans, times, rule)
    conclusive = [
        (one, other)
        for (one, _), (other, found) in zip(
            zip(times, steps, strict=True),
            zip(times[1:], [o for _, o in steps[1:]], strict=True),
            strict=False,
        )
        if found is not INCONCLUSIVE and other - one <= rule.reach
    ]
    assert (
        sum(day.known for day in days)
        <= sum((other - one).total_seconds() for one, other in conclusive) + 0.01
    )


def check_only_measured(spans: list[Known], times: list[datetime], rule: Rule) -> None:
    """In order, without overlaps, from one measurement to another, no gap in them too long."""
    for one, other in zip(spans, spans[1:], strict=False):
        assert one.until_at <= other.began_at
    for span in spans:
        assert span.began_at <= span.until_at
        within = [each for each in times if span.began_at <= each <= span.until_at]
        assert within[0] == span.began_at
        assert within[-1] == span.until_at
        assert all(b - a <= rule.reach for a, b in zip(within, within[1:], strict=False))


@given(
    st.lists(
        st.tuples(
            st.integers(-200_000, 200_000), st.integers(0, 90_000), st.sampled_from([UP, DOWN])
        ),
        max_size=15,
    )
)
def test_days_of_any_spans_are_whole_whatever_a_wrong_clock_wrote(rows):
    spans = [
        Known(state, BEGUN + timedelta(seconds=begin), BEGUN + timedelta(seconds=begin + long))
        for begin, long, state in rows
    ]
    days = days_from(spans, BEGUN, 3)
    assert len(days) == 3
    assert abs(sum(day.total for day in days) - 2.5 * 86_400) < 0.01
    assert all(min(day.up, day.down, day.unknown) >= 0 for day in days)
    for at in range(-216_000, 0, 3600):
        moment = BEGUN + timedelta(seconds=at)
        held = {each.state for each in spans if each.began_at <= moment < each.until_at}
        day = next(each for each in days if each.date == moment.date())
        assert day.down > 0 if DOWN in held else day.up > 0 if UP in held else True


def test_nothing_known_is_no_availability():
    nothing = days_from([], BEGUN, 90)
    assert len(nothing) == 90
    assert availability(nothing) is None
    assert availability([Day(BEGUN.date(), 30.0, 10.0, 60.0)]) == 0.75
