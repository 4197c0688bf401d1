"""Cells that a spreadsheet would take for a formula, and how that is undone.

Source: OWASP, “CSV Injection”: a cell that begins with = + - @, a tab or a carriage return may be
carried out. With an apostrophe before it, it is text.
"""

import re

FORMULA = re.compile(r"'*[=+\-@\t\r]")
ESCAPED = re.compile(r"'+[=+\-@\t\r]")


def escaped(cell: str) -> str:
    """A cell that looks escaped already gets one more, so that `unescaped` gives the same text."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def unescaped(cell: str) -> str:
    return cell[1:] if ESCAPED.match(cell) else cell
