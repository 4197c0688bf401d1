"""Which part of a runbook a heading begins: its steps, its rollback, or something to read.

A heading is understood by whole words. What only refers to steps elsewhere (“Next steps”), or helps
when something went wrong (“Troubleshooting steps”), is not understood as the steps. Beside a
heading such as “Update steps” a section counts as something to read only if its own heading says
so: what is not understood is a step.
"""

import re

from portal.runbooks.format.steps import Part

_WORDS = re.compile(r"[a-z]+")
_ROLL_BACK = re.compile(r"\b(?:roll(?:ing)?|back(?:ing)?)[\s-]*(?:back|out)\b")
_NOT_THE_STEPS = {
    *("additional", "further", "next", "other", "previous", "related"),
    *("follow", "troubleshooting"),
}
_AROUND_ROLLBACK = {
    *("a", "and", "for", "how", "the", "this", "to"),
    *("change", "changes", "instructions", "plan", "procedure", "process", "step", "steps"),
}
_TO_READ = {
    *("about", "appendix", "background", "contact", "contacts", "context", "contents", "faq"),
    *(
        "glossary",
        "information",
        "introduction",
        "links",
        "notes",
        "overview",
        "purpose",
        "reading",
    ),
    *("reference", "references", "scope", "summary", "troubleshooting"),
}
_AROUND_READING = {
    *("additional", "and", "further", "general", "more", "of", "other", "related", "see", "also"),
    *("table", "the", "this", "runbook", "useful", "steps"),
}


def is_to_read(title: str) -> bool:
    words = set(_WORDS.findall(title.lower()))
    return (
        bool(words & _TO_READ or words == {"see", "also"}) and words <= _TO_READ | _AROUND_READING
    )


def part_of(title: str) -> Part | None:
    """None for a section that is neither."""
    words = _WORDS.findall(_ROLL_BACK.sub("rollback", title.lower()))
    if "rollback" in words:
        return Part.ROLLBACK if set(words) - {"rollback"} <= _AROUND_ROLLBACK else None
    if words[-1:] == ["steps"] and not _NOT_THE_STEPS & set(words):
        return Part.STEPS
    return None


def exact_part_of(title: str) -> Part | None:
    """As earlier releases understood it; runs that began then keep their steps."""
    return Part(title.lower()) if title.lower() in set(Part) else None
