from datetime import date

import pytest

from portal.core.errors import Invalid
from portal.runbooks.format.facts import Risk
from portal.runbooks.format.parse import Runbook, parse_runbook
from portal.runbooks.format.steps import EvidenceKind

WHOLE = """---
id: book
title: Move the piano
risk: high
roles: [ops, admin]
review-by: 2027-06-30
---
# Move the piano

When not to do it.

## Inputs

```inputs
# a remark
ticket: text required pattern=^OPS-[0-9]+$ label="Change ticket" hint="From the board."
target: choice development|production required
```

## Before you start

Have a helper.

## Steps

Breathe first.

### Check the stairs

```step
id: check
action: tests.errand
timer: 1h 30m
on-fail: rollback
```

Look **twice**.

- [ ] They are dry
- [x] They are there

```sh
### not a heading
- [ ] not a task
```

### Carry

```step
when: target = production
confirm: "CARRY  IT"
evidence: number Steps counted
```

## Rollback

### Carry it back
"""


def parse(text: str, name: str = "book") -> Runbook:
    return parse_runbook(text.encode(), name)


def messages(book: Runbook) -> list[tuple[int, str]]:
    return [(problem.line, problem.message) for problem in book.problems]


def step_book(*lines: str) -> Runbook:
    return parse("\n".join(["## Steps", "### One", "```step", *lines, "```"]))


def test_front_matter_becomes_facts():
    facts = parse(WHOLE).facts
    assert facts.risk is Risk.HIGH
    assert facts.roles == ("ops", "admin")
    assert facts.review_by == date(2027, 6, 30)


def test_each_third_heading_under_steps_and_rollback_is_a_step():
    book = parse(WHOLE)
    assert [(s.id, s.title) for s in book.steps] == [
        ("check", "Check the stairs"),
        ("carry", "Carry"),
    ]
    assert [s.id for s in book.rollback] == ["carry-it-back"]
    assert book.problems == ()


def test_directives_are_read_with_their_lines():
    check, carry = parse(WHOLE).steps
    assert (check.action, check.timer, check.on_fail) == ("tests.errand", 5400, "rollback")
    assert carry.confirm == "CARRY  IT"
    assert carry.when
    assert carry.when.holds({"target": "production"})
    assert carry.evidence
    assert (carry.evidence.kind, carry.evidence.label) == (EvidenceKind.NUMBER, "Steps counted")
    assert WHOLE.splitlines()[check.line_of("timer") - 1] == "timer: 1h 30m"
    assert WHOLE.splitlines()[check.line - 1] == "### Check the stairs"


def test_tasks_to_tick_are_those_that_a_reader_sees():
    check = parse(WHOLE).steps[0]
    assert check.ticks == ["They are dry"]
    assert [task.text for task in check.tasks] == ["They are dry", "They are there"]


def test_the_prose_of_a_step_is_the_rest_without_its_fence():
    check = parse(WHOLE).steps[0]
    assert "Look **twice**." in check.prose
    assert "timer" not in check.prose
    assert "### not a heading" in check.prose


def test_inputs_are_read_with_what_the_author_says_of_them():
    ticket, target = parse(WHOLE).inputs
    assert (ticket.name, ticket.label, ticket.hint) == (
        "ticket",
        "Change ticket",
        "From the board.",
    )
    assert ticket.required
    assert ticket.pattern == "^OPS-[0-9]+$"
    assert target.choices == ("development", "production")


def test_all_else_is_reading_matter_without_the_title():
    reading = parse(WHOLE).reading
    assert [(each.title, each.body) for each in reading] == [
        (None, "When not to do it."),
        ("Before you start", "\nHave a helper."),
        ("Steps", "Breathe first."),
    ]


def test_without_steps_each_section_is_a_step():
    book = parse("# Alert\n\nIntro.\n\n## Meaning\n\nA.\n\n## Impact\n\n### Wide\n\nB.\n")
    assert [(step.id, step.title) for step in book.steps] == [
        ("meaning", "Meaning"),
        ("impact", "Impact"),
    ]
    assert "### Wide" in book.steps[1].prose
    assert [each.body for each in book.reading] == ["Intro."]


def test_without_sections_the_whole_is_one_step():
    book = parse("# Alert\n\nDo this.\n\n- [ ] Done\n")
    assert [(step.title, step.ticks) for step in book.steps] == [("Alert", ["Done"])]


def test_steps_without_headings_below_are_one_step():
    assert [step.title for step in parse("## Steps\n\n1. This\n2. That\n").steps] == ["Steps"]


@pytest.mark.parametrize("text", ["", "\n\n", "---\ntitle: Folder\n---\n"])
def test_a_file_without_text_has_no_steps(text):
    assert parse(text).steps == ()


def test_windows_line_ends_change_nothing_but_the_hash():
    book, same = parse(WHOLE), parse(WHOLE.replace("\n", "\r\n"))
    assert same.steps == book.steps
    assert same.inputs == book.inputs
    assert same.problems == ()
    assert same.sha256 != book.sha256
    assert "\r\n" in same.source


def test_repeated_headings_get_ids_of_their_own():
    book = parse("## Steps\n### Wait\n### Wait\n### Wait 2\n## Rollback\n### Wait\n")
    ids = [step.id for step in book.all_steps]
    assert len(set(ids)) == 4
    assert book.problems == ()


def test_a_given_id_wins_over_a_heading_of_the_same_name():
    book = parse("## Steps\n### Check\n### Other\n```step\nid: check\n```\n")
    assert [step.id for step in book.steps] == ["check-2", "check"]


def test_an_id_given_twice_is_a_problem_with_its_line():
    book = parse("## Steps\n### A\n```step\nid: x\n```\n### B\n```step\nid: x\n```\n")
    assert messages(book) == [(8, "The id “x” is used twice.")]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("watch: me", "The directive “watch” is not known."),
        ("Action: x", "The directive “Action” is not known."),
        ("action", "“action” is not a directive; write “name: value”."),
        ("action:", "“action” has no value."),
        ("id: a b", "The id “a b” may hold letters, digits, - and _ only."),
        ("timer: soon", "timer: “soon” can't be read; write 90s, 10m or 1h 30m."),
        ("evidence: photo", "evidence: must be text, number or file."),
        ("on-fail: shrug", "on-fail: must be rollback or retry."),
        ("when: sometimes", "“sometimes” can't be read"),
    ],
)
def test_a_directive_that_can_not_be_read_is_a_problem_with_its_line(line, message):
    [(at, said)] = messages(step_book("# a remark", line))
    assert at == 5
    assert message in said


def test_a_directive_twice_is_a_problem():
    assert messages(step_book("action: a", "action: b")) == [(5, "“action” is given twice.")]


def test_a_step_has_one_fence():
    book = parse("## Steps\n### A\n```step\nid: a\n```\n```step\nid: b\n```\n")
    assert messages(book) == [(6, "A step has one ```step fence.")]


@pytest.mark.parametrize(
    "text",
    [
        "# T\n\n## Do\n\n```step\nid: x\n```\n",
        "# T\n\n## Steps\n\n```step\nid: x\n```\n\n### A\n",
        "# T\n\n## Why\n\n```STEP\nid: x\n```\n\n## Steps\n\n### A\n",
        "# T\n\n> x\n>\n> ```step\n> id: x\n> ```\n",
    ],
)
def test_a_step_fence_where_it_is_not_read_is_a_problem(text):
    assert "has no effect here" in messages(parse(text))[0][1]


def test_an_inputs_fence_elsewhere_is_a_problem():
    book = parse("## Steps\n\n### A\n\n```inputs\nx: text\n```\n")
    assert messages(book) == [(5, "This ```inputs has no effect here.")]


def test_a_fence_without_an_end_is_a_problem_where_steps_may_be_swallowed():
    book = parse("## Steps\n\n### A\n\n```sh\nls\n\n### B\n")
    assert messages(book) == [(5, "This fence is not closed.")]
    assert parse("# Any\n\n```sh\nls\n").problems == ()


@pytest.mark.parametrize(
    ("front", "message"),
    [
        ("risk: huge", "risk: “huge” must be low, medium or high."),
        ("roles: [client]", "roles: must be a list of ops and admin."),
        ("review-by: soon", "review-by: “soon” must be a date such as 2027-06-30."),
    ],
)
def test_front_matter_that_can_not_be_read_is_a_problem_with_its_line(front, message):
    assert messages(parse(f"---\ntitle: T\n{front}\n---\n# T\n")) == [(3, message)]


def test_front_matter_that_is_not_yaml_names_file_and_line():
    with pytest.raises(Invalid, match=r"book\.md, line \d: the front matter"):
        parse("---\ntitle: [\n---\n# T\n")


def test_bytes_that_are_not_text_name_file_and_line():
    with pytest.raises(Invalid, match=r"book\.md, line 2: the file is not UTF-8"):
        parse_runbook(b"# T\n\xff\n", "book")
