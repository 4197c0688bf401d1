"""Files in the reports' folder whose names mark them as something else."""

import re

_NAMES = re.compile(
    r"(?:readme(?:[._-].*)?|index|changelog|license|licence|contributing|todo|drafts?|examples?"
    r"|samples?|skeleton|boilerplate)$|_",
    re.I,
)
#: A date or a number in the name makes it a report about a template.
_TEMPLATE = re.compile(r"(?:[a-z]+[ ._-]){0,3}templates?(?:[ ._-][a-z]{1,10})?$", re.I)
_FOLDERS = {"template", "templates", "draft", "drafts", "example", "examples"}


def why_no_report(slug: str) -> str | None:
    *folders, name = slug.split("/")
    odd = next((each for each in folders if each.lower() in _FOLDERS or each.startswith("_")), None)
    if odd:
        return f"A file in the folder “{odd}” is not a report; move it to show it to others."
    if _NAMES.match(name) or _TEMPLATE.match(name):
        return f"A file named {name}.md is not a report; rename it to show it to others."
    return None
