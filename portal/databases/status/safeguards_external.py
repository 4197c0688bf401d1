"""What this product can't check or do for another application, shown as a safeguard that is off."""

from dataclasses import dataclass

from portal.databases.engines import engine_for
from portal.databases.migrations.external import calls_the_guard
from portal.databases.policies.target_leases import why_closed
from portal.databases.sessions.strangers import unknown_sessions
from portal.databases.status.overview import Overview


@dataclass(frozen=True)
class Layer:
    """One safeguard: `holds` is None if it is not needed, `sentence` says why or why not.

    `is_optional`: it may be off, as somebody chose.
    """

    name: str
    holds: bool | None
    sentence: str
    remedy: str | None = None
    is_optional: bool = False


def release_gate(overview: Overview) -> Layer:
    """Their processes have no leases: on a server the sessions are known, and nothing more."""
    name, application = "Release gate", overview.target.application
    if overview.fits and (closed := why_closed(overview.target, quickly=True)):
        return Layer(name, True, f"Refuses every change: {closed.sentence}", closed.remedy)
    sentence = f"No process of {application} says which revisions it can serve."
    if overview.fits and (strangers := unknown_sessions(overview.target)):
        sentence += f" Connected now: {'; '.join(each.words for each in strangers)}."
    return Layer(
        name, False, sentence, f"Stop {application} before a contract, and start the matching code."
    )


def contract(overview: Overview, named: str) -> Layer:
    """A contract: only a server can say whether a client is still connected."""
    application = overview.target.application
    if engine_for(overview.target.url).sees_sessions:
        return Layer("Phase", True, f"{named} is breaking: it waits until no client is connected.")
    return Layer(
        "Phase",
        False,
        f"{named} is breaking, and whether {application} still reads the old form is unknown.",
        f"Stop {application} before it.",
    )


def guard(overview: Overview) -> Layer:
    history, application = overview.target.history, overview.target.application
    if not calls_the_guard(history):
        return Layer(
            "Guard",
            False,
            f"The env.py of {application} does not call the guard; `alembic upgrade` is unchecked.",
            f"Call it in {history.folder / 'env.py'}, as docs/operator.md shows.",
        )
    if overview.target.is_production:
        return Layer("Guard", True, "Through its env.py nothing changes it without a ticket.")
    return Layer("Guard", True, "Its env.py asks what the database is; each change is recorded.")


def maintenance(overview: Overview) -> Layer:
    name, target, known = "Window and maintenance mode", overview.target, overview.known
    if not target.is_production:
        return Layer(name, None, "Development needs none.")
    windows = "inside scheduled windows only" if known and known.requires_window else "at any time"
    if target.obeys_maintenance:
        sentence = f"It may be changed {windows}, and only reads while maintenance mode is on."
        return Layer(name, True, sentence)
    return Layer(
        name,
        False,
        f"It may be changed {windows}, and {target.application} goes on writing meanwhile.",
        f"Stop {target.application} while it must not write.",
    )


def sync(overview: Overview) -> Layer:
    if overview.target.is_production:
        return Layer("Sync firewall", None, "Only the directory is copied to development.")
    return Layer(
        "Sync firewall",
        False,
        "Nothing here cleans the rows that come into it.",
        "Fill it with made-up rows, never with a copy of production.",
    )
