"""All parts of home, for one reader, at one time."""

from dataclasses import dataclass

from portal.accounts.models import Account
from portal.control.home.activity import Act, recent_activity
from portal.control.home.alerts.alert import Alert
from portal.control.home.alerts.sources import alerts
from portal.control.home.directories import DirectoryStatus, directory_statuses
from portal.control.home.first_steps import FirstSteps, first_steps
from portal.control.home.matters import matters_for
from portal.control.home.steps import Step, steps_for, update_step
from portal.control.home.visitors import VisitorsGet, visitors_get
from portal.control.home.waiting import Waiting, waiting_for
from portal.control.states.state import State, states_of
from portal.databases.targets.registry import all_registered, is_demo
from portal.incidents.live.models import LiveIncident
from portal.incidents.live.queries import going_on
from portal.monitoring.outages.queries import OutageShown, open_outages

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
    recorded."""

    sites: list[Site]
    others: dict[str, VisitorsGet]
    directories: list[DirectoryStatus]
    outages: list[OutageShown]
    waiting: list[Waiting]
    alerts: list[Alert]
    going_on: list[LiveIncident]
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
    waiting = waiting_for(reader, matters, opened)
    update = update_step(PRODUCTION, outages, opened)
    shown = {site.outage.outage.id for site in sites if site.outage}
    return Home(
        sites=sites,
        others={each.target.name: each for each in visitors},
        directories=seen,
        outages=[each for each in outages if each.outage.id not in shown],
        waiting=waiting,
        alerts=_besides(alerts(seen), sites, waiting),
        going_on=[each for each in opened if not each.is_draft],
        states=states_of(all_registered(), matters.rows),
        first_steps=first_steps(reader, matters, seen, outages, update) if is_demo() else None,
        lately=recent_activity(matters) if with_log else None,
    )


def _outage_of(site: VisitorsGet, outages: list[OutageShown]) -> OutageShown | None:
    own = [each for each in outages if each.outage.target == site.target.name]
    return next((each for each in own if each.is_about_site), None)


def _besides(found: list[Alert], sites: list[Site], waiting: list[Waiting]) -> list[Alert]:
    """What home does not say above them already: the same sentence, or the same first step."""
    said = {each.sentence for each in waiting}
    above = {(each.step, each.address) for each in waiting}
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
