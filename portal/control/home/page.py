"""All parts of home, for one reader, at one time."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from flask import url_for

from portal.accounts.models import Account
from portal.control.home.activity import Act, recent_activity
from portal.control.home.alerts.alert import GO_ON, Alert
from portal.control.home.alerts.sources import alerts
from portal.control.home.directories import DirectoryStatus, directory_statuses
from portal.control.home.directory_queue import directory_waits
from portal.control.home.first_steps import FirstSteps, first_steps
from portal.control.home.matters import matters_for
from portal.control.home.steps import Step, steps_for, update_step
from portal.control.home.visitors import VisitorsGet, visitors_get
from portal.control.home.waiting import RUN, Waiting, waiting_for
from portal.control.states.state import State, states_of
from portal.databases.targets.registry import all_registered, is_demo
from portal.incidents.live.models import LiveIncident
from portal.incidents.live.queries import going_on
from portal.monitoring.outages.queries import OutageShown, open_outages
from portal.runbooks.engine.queries import open_runs
from portal.runbooks.models import Run

PRODUCTION = "production"


@dataclass(frozen=True)
class Site:
    """What visitors of a production site get, its open outage, and what to do first."""

    visitors: VisitorsGet
    outage: OutageShown | None
    steps: list[Step]


@dataclass(frozen=True)
class Home:
    """`sites`: of production. `others`: what the visitors of other sites get, by database.
    `outages`: those that no site of these has. `lately` is None where reading the log can't be
    recorded. `runs`: open ones that nothing above them names."""

    sites: list[Site]
    others: dict[str, VisitorsGet]
    directories: list[DirectoryStatus]
    outages: list[OutageShown]
    waiting: list[Waiting]
    alerts: list[Alert]
    going_on: list[LiveIncident]
    runs: list[Run]
    states: list[State]
    first_steps: FirstSteps | None
    lately: list[Act] | None


def home_for(reader: Account, *, with_log: bool) -> Home:
    seen, outages, opened = directory_statuses(), open_outages(), going_on()
    matters = matters_for(reader, is_demo=is_demo())
    visitors = visitors_get(seen)
    by_name = {each.target.name: each for each in seen}
    sites = [
        Site(each, _outage_of(each, outages), steps_for(each, by_name[each.target.name], outages,
                                                         opened))
        for each in visitors
        if each.target.is_production
    ]  # fmt: skip
    states = states_of(all_registered(), matters.rows)
    named = {each.address for each in states}
    waiting = [*waiting_for(reader, matters, opened, named), *directory_waits(reader, seen)]
    named |= {each.address for each in waiting}
    named |= {step.address for site in sites for step in site.steps}
    found = _besides(alerts(seen), sites, waiting, named)
    update = update_step(PRODUCTION, outages, opened)
    shown = {site.outage.outage.id for site in sites if site.outage}
    return Home(
        sites=sites,
        others={each.target.name: each for each in visitors},
        directories=seen,
        outages=[each for each in outages if each.outage.id not in shown],
        waiting=waiting,
        alerts=found,
        going_on=[each for each in opened if not each.is_draft],
        runs=_unnamed(open_runs(), named | {each.address for each in found}),
        states=states,
        first_steps=first_steps(reader, matters, seen, outages, update) if is_demo() else None,
        lately=recent_activity(matters) if with_log else None,
    )


def _outage_of(site: VisitorsGet, outages: list[OutageShown]) -> OutageShown | None:
    own = [each for each in outages if each.outage.target == site.target.name]
    return next((each for each in own if each.is_about_site), None)


def _unnamed(runs: Iterable[Run], named: Collection[str]) -> list[Run]:
    """Those of which nothing above the work says anything."""
    return [each for each in runs if url_for(RUN, run_id=each.id) not in named]


def _besides(
    found: list[Alert], sites: list[Site], waiting: list[Waiting], named: Collection[str]
) -> list[Alert]:
    """What home does not say above them already: the same sentence, the same first step, or a run
    that is `named`."""
    said = {each.sentence for each in waiting}
    above = {(each.step, each.address) for each in waiting} | {(GO_ON, each) for each in named}
    explained = [site for site in sites if site.visitors.why]
    above |= {(step.label, step.address) for site in explained for step in site.steps}
    causes = tuple(site.visitors.why or "" for site in explained)
    return [
        each
        for each in found
        if each.sentence not in said
        and (each.step, each.address) not in above
        and not each.sentence.startswith(causes)
    ]
