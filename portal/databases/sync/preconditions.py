"""Whether a sync may begin: the identities, the revision it leads to, the columns' rules."""

from dataclasses import dataclass

from portal.core.errors import Refusal, Refused
from portal.databases.engines import engine_for
from portal.databases.migrations.history import SEVERAL, History
from portal.databases.policies.release_gate import refuse_unless_served
from portal.databases.sync.columns.rules import load_rules, present_columns, require_listed
from portal.databases.targets.config import Target
from portal.databases.targets.identity import Judgement, judge


@dataclass(frozen=True)
class SyncRevisions:
    """Both databases as they were found, each with its revision.

    `leads_to`: the revision that the target will be at.
    """

    source: Target
    target: Target
    source_uuid: str
    target_uuid: str
    revision: str
    target_revision: str
    leads_to: str


def require_fitting(source: Target, target: Target) -> SyncRevisions:
    """Raises Refused unless production is production, development is development, both are of one
    kind, and each of production's columns is classified. Nothing is written.
    """
    fitting = _look(source, target)
    refuse_unless_served(target, fitting.leads_to)
    require_all_listed(source, target=target)
    return fitting


def require_all_listed(source: Target, *, target: Target | None = None) -> int:
    """How many columns the source has. Raises Refused, naming those that are not classified."""
    engine = engine_for(source.url)
    with engine.reading() as connection:
        present = present_columns(engine, connection)
    require_listed(present, load_rules(), target=(target or source).name)
    return sum(map(len, present.values()))


def require_still(fitting: SyncRevisions) -> None:
    """Immediately before the swap, since copying and anonymising take time. Raises Refused."""
    now = _fits(fitting.target, fitting.target)
    found = (now.label.database_uuid if now.label else "", now.revision)
    if found != (fitting.target_uuid, fitting.target_revision):
        raise refused(
            fitting.target,
            f"{fitting.target.name.capitalize()} was changed to revision {now.revision} meanwhile.",
            "Sync again.",
        )
    refuse_unless_served(fitting.target, fitting.leads_to)


def refused(target: Target, sentence: str, remedy: str | None = None) -> Refused:
    return Refused(sentence, remedy=remedy, refusal=Refusal("sync.started", target.name))


def _look(source: Target, target: Target) -> SyncRevisions:
    if not source.is_production or target.is_production:
        raise refused(target, f"A sync goes from production, never into {target.name}.")
    if source.application != target.application:
        raise refused(target, f"{source.name} and {target.name} belong to different applications.")
    here, there = _fits(source, target), _fits(target, target)
    _require_one_kind(source, target)
    revision = here.revision or ""
    return SyncRevisions(
        source=source,
        target=target,
        source_uuid=here.label.database_uuid if here.label else "",
        target_uuid=there.label.database_uuid if there.label else "",
        revision=revision,
        target_revision=there.revision or "",
        leads_to=_leads_to(target, revision, there.revision or ""),
    )


def _fits(expected: Target, target: Target) -> Judgement:
    judgement = judge(expected)
    if not judgement.fits or judgement.label is None:
        raise refused(target, judgement.sentence, judgement.remedy)
    return judgement


def _require_one_kind(source: Target, target: Target) -> None:
    kinds = [each.url.get_backend_name() for each in (source, target)]
    if len(set(kinds)) > 1:
        raise refused(
            target,
            f"{source.name.capitalize()} is on {engine_for(source.url).title} and {target.name} on"
            f" {engine_for(target.url).title}: a copy of one is no database of the other.",
            f"Give {target.name} a database on the same engine: {target.variable}",
        )


def _leads_to(target: Target, source: str, own: str) -> str:
    """The later of both revisions. Raises Refused if this release does not know the path."""
    for revision, name in ((source, "Production"), (own, target.name.capitalize())):
        if SEVERAL in revision:
            target.history.pending(revision)  # says what is wrong, and that no release brought it
        if not revision or not target.history.knows(revision):
            raise refused(
                target,
                f"{name} is at revision {revision or 'none'}, which this release does not know.",
                "Deploy the release that brought this revision, then sync.",
            )
    if source in _up_to(own, target.history):
        return own
    if own in _up_to(source, target.history):
        return source
    raise refused(
        target,
        f"Production is at {source} and {target.name} at {own}, and neither leads to the other.",
        f"Bring {target.name}'s branch together with production's history, then sync.",
    )


def _up_to(revision: str, history: History) -> set[str]:
    return {each.id for each in history.pending(None, revision)}
