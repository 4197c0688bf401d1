"""Parses a Markdown file as a runbook: inputs, steps, Rollback steps, and other sections.

Any Markdown file is a runbook: without a Steps section each `##` is a step to acknowledge, without
any `##` the whole file is one step.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from portal.documents.document import Document, parse_document
from portal.documents.folders.contents import cached_from
from portal.documents.markdown.blocks.blocks import split_lines
from portal.documents.markdown.blocks.scanner import scan
from portal.documents.markdown.blocks.sections import Section, preamble, split_sections
from portal.documents.markdown.slugs import plain_title
from portal.runbooks.format.facts import KEYS, Facts, read_facts
from portal.runbooks.format.headings import exact_part_of, is_to_read, part_of
from portal.runbooks.format.inputs import Input
from portal.runbooks.format.inputs_section import fences, input_fences, inputs_of, is_inputs
from portal.runbooks.format.steps import (
    Part,
    Problem,
    Step,
    StepText,
    is_fence,
    parse_step,
)

PartOf = Callable[[str], Part | None]
"""What a section is, by its title."""


@dataclass(frozen=True)
class Reading:
    """A section to read; a title of None means the text before the first section. `line` is its
    first line in the file.
    """

    title: str | None
    body: str
    line: int


@dataclass(frozen=True)
class Outline:
    """The sections of a document, each with the part of the runbook that it is."""

    document: Document
    sections: tuple[tuple[Section, Part | None], ...]

    @property
    def has_steps(self) -> bool:
        return any(part is Part.STEPS for _section, part in self.sections)

    def is_step(self, section: Section) -> bool:
        """Whether a section that is no part is a step itself."""
        if any(exact_part_of(each.title) is Part.STEPS for each, _part in self.sections):
            return False
        is_text = self.has_steps and is_to_read(section.title)
        return not (is_text or is_inputs(section))


@dataclass(frozen=True)
class Runbook:
    """`id` is the path without `.md`; `source` the whole file. With `problems` it can't start."""

    id: str
    document: Document
    source: str
    facts: Facts
    inputs: tuple[Input, ...]
    steps: tuple[Step, ...]
    rollback: tuple[Step, ...]
    reading: tuple[Reading, ...]
    problems: tuple[Problem, ...]
    input_fences: tuple[tuple[int, int], ...] = ()

    @property
    def starts_at_once(self) -> bool:
        """Whether a run needs nothing typed before: every required input has a default."""
        return all(each.default or not each.required for each in self.inputs)

    @cached_property
    def purpose(self) -> str:
        """The first paragraph, as plain text: what it is for."""
        intro = next((each.body for each in self.reading if each.title is None), "")
        blocks = (b for b in scan(intro).children if b.kind == "paragraph")
        return plain_title(" ".join(next((b.text for b in blocks), [])))

    @property
    def title(self) -> str:
        return self.document.title

    @property
    def sha256(self) -> str:
        return self.document.sha256

    @property
    def folder(self) -> str:
        """The folder's path; empty at the top."""
        return self.id.rpartition("/")[0]

    @cached_property
    def search_text(self) -> str:
        """Path, title and text, case-folded for searching."""
        return f"{self.id} {self.title} {self.document.body}".casefold()

    @property
    def all_steps(self) -> tuple[Step, ...]:
        return self.steps + self.rollback

    @property
    def is_written_as_one(self) -> bool:
        """Whether the file uses this format rather than being any Markdown."""
        ours = any(key in self.document.meta for key in KEYS if key != "title")
        return ours or any(each.title.lower() == "steps" for each in _sections(self.document))

    def step(self, step_id: str) -> Step:
        return next(step for step in self.all_steps if step.id == step_id)


@lru_cache(maxsize=512)
def parse_runbook(source: bytes, runbook_id: str) -> Runbook:
    """The parsed text, cached for the most recently used sources. Raises as `read_runbook` does."""
    return read_runbook(source, runbook_id)


@lru_cache(maxsize=64)
def parse_as_before(source: bytes, runbook_id: str) -> Runbook:
    """As releases did that understood no headings but “Steps” and “Rollback”."""
    return read_runbook(source, runbook_id, part_of=exact_part_of)


def read_runbook(source: bytes, runbook_id: str, *, part_of: PartOf = part_of) -> Runbook:
    """Raises Invalid with file and line when it is not text with valid front matter."""
    document = parse_document(source, runbook_id)
    text = source.decode("utf-8")
    facts, problems = read_facts(document, text)
    inputs, more = inputs_of(_sections(document))
    outline = _outline(document, part_of)
    parsed = [parse_step(each, fences=outline.has_steps) for each in _step_texts(outline)]
    steps, repeated = _with_own_ids([step for step, _ in parsed])
    problems += [*more, *(p for _, found in parsed for p in found), *repeated]
    problems += _fences_without_effect(outline)
    return Runbook(
        id=runbook_id,
        document=document,
        source=text,
        facts=facts,
        inputs=tuple(inputs),
        steps=tuple(step for step in steps if step.part is Part.STEPS),
        rollback=tuple(step for step in steps if step.part is Part.ROLLBACK),
        reading=tuple(_reading(outline)),
        problems=tuple(sorted(problems, key=lambda problem: problem.line)),
        input_fences=tuple(input_fences(_sections(document))),
    )


def _sections(document: Document) -> list[Section]:
    """The sections of the document, parsed once for all parts of the format."""
    return cached_from(document, _cut)


def _cut(document: Document) -> list[Section]:
    return split_sections(document.body, 2, start_line=document.body_line)


def _outline(document: Document, part_of: PartOf) -> Outline:
    """A rollback alone is no part of its own: its steps are then those of the runbook."""
    parts = [part_of(section.title) for section in _sections(document)]
    others = [each for each in _sections(document) if not is_inputs(each)]
    if part_of is exact_part_of and Part.STEPS not in parts:
        parts = [None] * len(parts)
    if Part.STEPS not in parts and len(others) == parts.count(Part.ROLLBACK):
        parts = [None] * len(parts)
    return Outline(document, tuple(zip(_sections(document), parts, strict=True)))


def _step_texts(outline: Outline) -> Iterator[StepText]:
    """The texts of the steps: below Steps and Rollback, else each section, else the whole file."""
    document = outline.document
    for section, part in outline.sections:
        if part:
            yield from _below(section, part)
        elif outline.is_step(section):
            yield _text(section, Part.STEPS)
    if not outline.sections and document.body.strip():
        line = document.body_line
        yield StepText(document.title, Part.STEPS, line, document.body, line, "read")


def _below(section: Section, part: Part) -> Iterator[StepText]:
    found = split_sections(section.body, 3, start_line=section.body_line)
    for step in found or [section]:
        yield _text(step, part)


def _text(section: Section, part: Part) -> StepText:
    title = section.title or "Untitled"
    return StepText(title, part, section.line, section.body, section.body_line, section.slug)


def _with_own_ids(steps: list[Step]) -> tuple[list[Step], list[Problem]]:
    """Steps with unique ids. A step without an id of its own gets the next free one, since headings
    may repeat; duplicates of given ids are problems.
    """
    given = [step for step in steps if "id" in step.lines]
    taken: set[str] = set()
    problems = []
    for step in given:
        if step.id in taken:
            problems.append(Problem(step.line_of("id"), f"The id “{step.id}” is used twice."))
        taken.add(step.id)
    named = []
    for step in steps:
        named.append(step if "id" in step.lines else replace(step, id=_free(step.id, taken)))
        taken.add(named[-1].id)
    return named, problems


def _free(wanted: str, taken: set[str]) -> str:
    numbered = (f"{wanted}-{count}" for count in range(2, len(taken) + 3))
    return wanted if wanted not in taken else next(name for name in numbered if name not in taken)


def _fences_without_effect(outline: Outline) -> list[Problem]:
    """Problems for directive fences in places where they are not read, or without an end."""
    document, read = outline.document, set(_lines_read(outline))
    problems = []
    for block in scan(document.body).walk():
        line = document.body_line + block.line
        ours = next((name for name in ("step", "inputs") if is_fence(block, name)), None)
        if ours and line not in read:
            problems.append(Problem(line, f"This ```{ours} has no effect here."))
        if block.fenced and not block.closed and (line in read or outline.has_steps):
            problems.append(Problem(line, "This fence is not closed."))
    return problems


def _lines_read(outline: Outline) -> Iterator[int]:
    """The lines of the fences that are parsed as directives and inputs."""
    for section in filter(is_inputs, _sections(outline.document)):
        yield from (section.body_line + b.line for b in fences(section.body, "inputs"))
    if outline.has_steps:
        for text in _step_texts(outline):
            blocks = scan(text.body).children
            yield from (text.body_line + b.line for b in blocks if is_fence(b, "step"))


def _without_title(intro: str) -> str:
    """The introduction without the title, which the page shows already."""
    first = next(iter(scan(intro).children), None)
    if first and first.kind == "heading" and first.level == 1:
        intro = "\n".join(split_lines(intro)[first.end + 1 :])
    return intro.strip()


def _reading(outline: Outline) -> Iterator[Reading]:
    """Everything that is neither a step nor an input: the introduction and the other sections."""
    document = outline.document
    if (intro := _without_title(preamble(document.body, 2))) and outline.sections:
        yield Reading(None, intro, document.body_line)
    for section, part in outline.sections:
        if part:
            if split_sections(section.body, 3) and (lead := preamble(section.body, 3).strip()):
                yield Reading(section.title, lead, section.line)
        elif not outline.is_step(section) and not is_inputs(section):
            yield Reading(section.title, section.body, section.line)
