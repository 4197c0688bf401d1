"""A step's prose on the run's page: below the step's heading, with working task boxes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from markupsafe import Markup, escape

from portal.documents.images.access import with_keys
from portal.documents.rendering.render import render
from portal.runbooks.format.steps import Step
from portal.runbooks.models import RunStep

FORM = "step-form"
_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:\s+[a-z-]+="[^"]*")*)\s*>')
_ELEMENT = re.compile(r"<(/?)([a-z][a-z0-9]*)[^>]*>")
_EMPTY = {"area", "br", "col", "hr", "img", "input", "source", "wbr"}
_SHOWN = re.compile(r'<input type="checkbox"((?: disabled=""| checked="")*)>')
_TO_HEADING = re.compile(r' href="#(?:user-content-)?([^"]+)"')
_FOLD_OR_BOX = re.compile(r'<details\b[^>]*>|</details>|<input type="checkbox"')
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


def prose_of(
    step: Step, row: RunStep, *, live: bool, ticked: set[int], places: Mapping[str, str]
) -> Prose:
    """`live`: the boxes can be ticked, in the form of the due step. `places` are the addresses of
    the runbook's headings, by slug.
    """
    rendered = render(step.prose)
    html = with_boxes_in_view(linked_inside(below_a_heading(rendered.html), places))
    boxed = None if rendered.failed else _with_boxes(html, step, live=live, ticked=ticked)
    if boxed is not None:
        return Prose(named_boxes(boxed), [])
    loose = [(number, task, number in ticked) for number, task in enumerate(step.ticks)]
    return Prose(named_boxes(html), loose, rendered.note)


def below_a_heading(html: Markup) -> Markup:
    """The HTML without ids, which would repeat, and with no heading above the third level."""
    return Markup(_TAG.sub(_lowered, str(html)))  # noqa: S704 (it was sanitised, and stays so)


def cut_at_first_section(html: Markup) -> tuple[Markup, Markup]:
    """What is before the first h2, and the rest; no h2 inside of another element counts."""
    text, depth = str(html), 0
    for tag in _ELEMENT.finditer(text):
        if tag[1]:
            depth -= 1
        elif tag[2] == "h2" and depth == 0:
            parts = text[: tag.start()], text[tag.start() :]
            return Markup(parts[0]), Markup(parts[1])  # noqa: S704 (it was sanitised, and stays so)
        elif tag[2] not in _EMPTY:
            depth += 1
    return html, Markup("")


def linked_inside(html: Markup, places: Mapping[str, str]) -> Markup:
    """The HTML with links to headings of the runbook that lead to their place in this run."""

    def link(found: re.Match[str]) -> str:
        place = places.get(unquote(found[1]).lower())
        return f' href="{escape(place)}"' if place else found[0]

    return Markup(_TO_HEADING.sub(link, str(html)))  # noqa: S704 (only ids of our own were put in)


def with_boxes_in_view(html: Markup) -> Markup:
    """The HTML with each fold open that holds a box."""
    folds: list[re.Match[str]] = []
    to_open: set[int] = set()
    for found in _FOLD_OR_BOX.finditer(html):
        if found[0].startswith("<details"):
            folds.append(found)
        elif found[0].startswith("<input"):
            to_open.update(fold.end() - 1 for fold in folds if " open" not in fold[0])
        elif folds:
            folds.pop()
    text = str(html)
    for place in sorted(to_open, reverse=True):
        text = f'{text[:place]} open=""{text[place:]}'
    return Markup(text)  # noqa: S704 (only an attribute of our own was put in)


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
