"""A step's prose on the run's page: below the step's heading, with working task boxes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape

from portal.documents.images.access import with_keys
from portal.documents.rendering.render import render
from portal.runbooks.format.steps import Step
from portal.runbooks.models import RunStep

FORM = "step-form"
_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:\s+[a-z-]+="[^"]*")*)\s*>')
_SHOWN = re.compile(r'<input type="checkbox"((?: disabled=""| checked="")*)>')
_ID = re.compile(r'\s+id="[^"]*"')
_BOX = re.compile(
    r'(?P<lead><li class="task-list-item">\s*(?:<p>)?\s*)<input type="checkbox"[^>]*>'
    r"(?P<words>.*?)(?=</li>|</p>|<(?:ul|ol|div|pre|p|table|blockquote|details|section|h\d|hr)\b)",
    re.S,
)


@dataclass(frozen=True)
class Prose:
    """`loose`: the tasks whose boxes were not found in the HTML; shown as a list below it."""

    html: Markup
    loose: list[tuple[int, str, bool]]
    note: str | None = None


def prose_of(step: Step, row: RunStep, *, live: bool, ticked: set[int]) -> Prose:
    """`live`: the boxes can be ticked, in the form of the due step."""
    rendered = render(step.prose)
    html = below_a_heading(rendered.html)
    boxed = None if rendered.failed else _with_boxes(html, step, live=live, ticked=ticked)
    if boxed is not None:
        return Prose(named_boxes(boxed), [])
    loose = [(number, task, number in ticked) for number, task in enumerate(step.ticks)]
    return Prose(named_boxes(html), loose, rendered.note)


def below_a_heading(html: Markup) -> Markup:
    """The HTML without ids, which would repeat, and with no heading above the third level."""
    return Markup(_TAG.sub(_lowered, str(html)))  # noqa: S704 (it was sanitised, and stays so)


def named_boxes(html: Markup) -> Markup:
    """The HTML with an accessible name for each read-only box, and with keys to its pictures."""
    named = Markup(_SHOWN.sub(_named, str(html)))  # noqa: S704 (only names of our own were put in)
    return with_keys(named)


def _named(box: re.Match[str]) -> str:
    word = "ticked" if " checked" in box[1] else "not ticked"
    return f'<input type="checkbox"{box[1]} aria-label="{word}">'


def _lowered(tag: re.Match[str]) -> str:
    name = "h3" if tag[2] in {"h1", "h2"} else tag[2]
    return f"<{tag[1]}{name}{_ID.sub('', tag[3])}>"


def _with_boxes(html: Markup, step: Step, *, live: bool, ticked: set[int]) -> Markup | None:
    """None when the boxes in the HTML do not match the tasks of the source."""
    if len(_BOX.findall(html)) != len(step.tasks):
        return None
    tasks = iter(step.tasks)
    numbers = iter(range(len(step.ticks)))

    def box(found: re.Match[str]) -> str:
        if next(tasks).ticked_by_author:
            return found[0]
        number = next(numbers)
        attributes = "".join(_attributes(number, live=live, checked=number in ticked))
        words = found["words"].strip() or escape("Done")
        return f'{found["lead"]}<label class="tick"><input{attributes}><span>{words}</span></label>'

    return Markup(_BOX.sub(box, str(html)))  # noqa: S704 (only boxes of our own were put in)


def _attributes(number: int, *, live: bool, checked: bool) -> Iterator[str]:
    yield f' type="checkbox" name="tick" value="{number}"'
    yield f' form="{FORM}"' if live else " disabled"
    if checked:
        yield " checked"
