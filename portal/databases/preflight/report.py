"""What a preflight found, for the terminal, for an operation's lines and for `check`."""

from collections.abc import Iterator, Sequence

from portal.databases.preflight.findings import IN_SHORT, Found, counted

WHOLE = "All of it: flask databases preflight"


def lines_of(found: Found) -> Iterator[str]:
    """Everything: the sentence, each row or object, and each step that fixes it."""
    yield f"{found.heading}: {found.sentence}"
    yield from (f"    {each}" for each in found.named)
    if found.more:
        yield f"    and {found.more} more"
    yield from (f"  Fix: {each}" for each in found.steps)


def summary_of(found: Sequence[Found]) -> str:
    faults = [each for each in found if each.is_fault]
    notes = counted(len(found) - len(faults), "note")
    if not faults:
        return f"Nothing that was looked at stops a backup, a restore or a change; {notes}."
    unknown = [each for each in faults if each.is_unknown]
    stopping = counted(len(faults) - len(unknown), "finding stops", "findings stop")
    more = f"; {counted(len(unknown), 'thing')} could not be measured" if unknown else ""
    return f"{stopping} a backup, a restore or a change{more}; {notes}."


def in_short(found: Found, name: str) -> str:
    """One line: the first rows or objects, the first step, and where the rest is shown."""
    shown = "; ".join(found.named[:IN_SHORT])
    rest = found.total - len(found.named[:IN_SHORT])
    named = f" ({shown}{f'; {rest} more' if rest > 0 else ''})" if shown else ""
    fix = " ".join(found.steps[:2])
    is_whole = rest <= 0 and len(found.steps) <= 2
    return " ".join(filter(None, [
        f"{found.heading}: {found.sentence}{named}", fix, "" if is_whole else f"{WHOLE} {name}",
    ]))  # fmt: skip
