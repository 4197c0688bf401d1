"""/ops/monitoring: each probe with its state, one in detail, and what an admin may change."""

from flask import render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import admins, staff, the_account
from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.forms import commit_and_redirect, form_at, is_sent_to
from portal.databases.targets.config import target_named, targets
from portal.databases.targets.registry import all_registered
from portal.jobs.leases.workers import worker_is_alive
from portal.monitoring.forms import AddressForm, ProbeForm
from portal.monitoring.probes.kinds import RUNBOOKS, name_of
from portal.monitoring.probes.models import Probe
from portal.monitoring.probes.plan import why_not_set_up
from portal.monitoring.probes.queries import (
    ProbeNow,
    all_probes,
    days_of,
    days_of_all,
    latest_results,
    now_of,
    probe_numbered,
)
from portal.monitoring.probes.shown import Row
from portal.monitoring.service import change_probe, set_public_address
from portal.monitoring.views import blueprint


@blueprint.get("/ops/monitoring")
@staff
def list_probes() -> str:
    at, probes = now(), all_probes()
    days = days_of_all(probes, at)
    rows = [Row(probe, now_of(probe, at), days[probe.id], _why_not(probe), at) for probe in probes]
    return render_template(
        "monitoring/probes.html",
        measured=[row for row in rows if row.why_not is None],
        others=[row for row in rows if row.why_not],
        worker_is_alive=worker_is_alive(),
        addresses=_addresses(),
        address_form=_address_form,
        runbook_of=_runbook_of,
    )


@blueprint.post("/ops/monitoring/addresses/<path:target>")
@admins
def update_public_address(target: str) -> Response:
    form = AddressForm()
    form.require()
    chosen = target_named(target)
    address = set_public_address(chosen, form.address.data, by=the_account())
    said = f"is {address}" if address else "is not set any more"
    return commit_and_redirect(
        url_for(".list_probes"), f"The public address of {chosen.name} {said}."
    )


@blueprint.get("/ops/monitoring/probes/<int:probe_id>")
@staff
def show_probe(probe_id: int) -> str:
    probe, at = probe_numbered(probe_id), now()
    return render_template(
        "monitoring/probe.html",
        row=Row(probe, now_of(probe, at), days_of(probe.id, at), _why_not(probe), at),
        title=name_of(probe),
        runbook_of=_runbook_of,
        results=latest_results(probe.id),
        form=_probe_form(probe),
    )


@blueprint.post("/ops/monitoring/probes/<int:probe_id>")
@admins
def update_probe(probe_id: int) -> Response:
    form, probe = ProbeForm(), probe_numbered(probe_id)
    form.require()
    change_probe(
        probe,
        is_on=form.is_on.data,
        public_name=form.public_name.data,
        interval=form.interval.data,
        timeout=form.timeout.data,
        down_after=form.down_after.data,
        up_after=form.up_after.data,
        by=the_account(),
    )
    return commit_and_redirect(url_for(".show_probe", probe_id=probe.id), "The probe is changed.")


def _why_not(probe: Probe) -> str | None:
    if not probe.is_on:
        return "It is switched off."
    return why_not_set_up(probe)


def _runbook_of(now_: ProbeNow) -> str | None:
    """The runbook for a probe that is down, if there is one."""
    name = RUNBOOKS.get(now_.kind) if now_.is_down else None
    return name if name and (settings().runbooks_dir / f"{name}.md").is_file() else None


def _addresses() -> list[tuple[str, str | None]]:
    """Of each registered target, production first."""
    known = {row.name: row.public_address for row in all_registered()}
    named = [each for each in reversed(targets()) if each.name in known]
    ordered = sorted(named, key=lambda each: not each.is_production)
    return [(each.name, known[each.name]) for each in ordered]


def _address_form(target: str, address: str | None) -> AddressForm:
    form = form_at(AddressForm, _way(target), key=target.replace("/", "-"))
    if not form.is_sent:
        form.address.data = address
    return form


def _way(target: str) -> str:
    return url_for("monitoring.update_public_address", target=target)


def _probe_form(probe: Probe) -> ProbeForm:
    address = url_for(".update_probe", probe_id=probe.id)
    form = form_at(ProbeForm, address)
    if not is_sent_to(address):
        form.is_on.data, form.public_name.data = probe.is_on, probe.public_name
        form.interval.data, form.timeout.data = probe.interval_seconds, probe.timeout_seconds
        form.down_after.data, form.up_after.data = probe.down_after, probe.up_after
    return form
