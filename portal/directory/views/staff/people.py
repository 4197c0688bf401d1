"""People with an account on the site."""

from functools import partial

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.core.errors import Invalid
from portal.core.forms import BaseForm, form_at, require_pressed
from portal.directory.folding import one_line
from portal.directory.forms.staff.people import (
    ConfirmPersonForm,
    DisablePersonForm,
    MergeForm,
)
from portal.directory.people import acts
from portal.directory.people.finding import LABELS, LONGEST, State, find_people
from portal.directory.people.merging import Plan, merge_people, merged, part_people, plan_of
from portal.directory.people.overview import person_called
from portal.directory.views.staff import blueprint, by_staff


@blueprint.get("/people")
def list_people() -> str:
    state = next((each for each in State if each == request.args.get("state")), State.ALL)
    words = one_line(request.args.get("q", ""))[:LONGEST]
    return render_template(
        "staff/people.html",
        found=find_people(words, state, _number(request.args.get("before"))),
        words=words,
        state=state,
        labels=LABELS,
        is_first="before" not in request.args,
    )


@blueprint.get("/people/<int:number>")
def show_person(number: int) -> str:
    person = person_called(number)
    forms = {name: _form(kind, name, number) for name, kind in FORMS.items()}
    return render_template(
        "staff/person.html",
        person=person,
        merge=merged(number) if person.disabled_at else None,
        forms=forms,
    )


FORMS: dict[str, type[BaseForm]] = {
    "create_confirmation": ConfirmPersonForm,
    "create_disablement": DisablePersonForm,
}


def _form(kind: type[BaseForm], name: str, number: int) -> BaseForm:
    return form_at(kind, url_for(f"staff.{name}", number=number), key=name)


@blueprint.post("/people/<int:number>/confirm")
def create_confirmation(number: int) -> Response:
    form = ConfirmPersonForm()
    form.require()
    acts.confirm_address(number, str(form.reason.data), by=by_staff())
    return _done(number, "The address is confirmed.")


@blueprint.post("/people/<int:number>/disable")
def create_disablement(number: int) -> Response:
    form = DisablePersonForm()
    form.require()
    acts.disable_person(number, str(form.reason.data), by=by_staff())
    return _done(
        number,
        "The account is disabled, and its sessions are ended. The studio stays as it is: hide it on"
        " its own page if it should go too.",
    )


@blueprint.post("/people/<int:number>/enable")
def delete_disablement(number: int) -> Response:
    require_pressed()
    acts.enable_person(number, by=by_staff())
    return _done(number, "The account is enabled again.")


@blueprint.post("/people/<int:number>/sessions/end")
def end_sessions(number: int) -> Response:
    require_pressed()
    count = acts.end_all_sessions(number, by=by_staff())
    return _done(number, f"{count} session{'s' * (count != 1)} ended.")


@blueprint.get("/people/<int:number>/merge")
def show_merge(number: int) -> str:
    """First asks for the other account, then shows both and what moves."""
    other = _number(request.args.get("other"))
    form = form_at(
        partial(MergeForm, data={"other": other}), url_for(".create_merge", number=number)
    )
    plan, problem = _plan(number, form.other.data)
    return render_template(
        "staff/merge.html",
        person=plan.kept if plan else person_called(number, with_history=False),
        plan=plan,
        problem=problem,
        form=form,
    )


def _plan(number: int, other: int | None) -> tuple[Plan | None, str | None]:
    if other is None:
        return None, None
    try:
        return plan_of(number, other), None
    except Invalid as error:
        return None, str(error)


@blueprint.post("/people/<int:number>/merge")
def create_merge(number: int) -> Response:
    form = MergeForm()
    form.require()
    merge_people(number, int(form.other.data), str(form.reason.data), by=by_staff())
    return _done(
        number,
        f"Account {form.other.data} is merged into this one, and disabled. It can be taken back for"
        " 30 days on the page of that account, as long as nothing of it changes.",
    )


@blueprint.post("/people/<int:number>/part")
def delete_merge(number: int) -> Response:
    require_pressed()
    kept = part_people(number, by=by_staff())
    return _done(number, f"The merge with account {kept} is taken back.")


def _done(number: int, sentence: str) -> Response:
    flash(sentence, "done")
    return redirect(url_for(".show_person", number=number), 303)


def _number(text: str | None) -> int | None:
    is_number = text is not None and text.isascii() and text.isdecimal() and len(text) < 10
    return int(text) if is_number and text else None


@blueprint.app_template_filter("browser")
def browser_of(user_agent: str | None) -> str:
    """“Firefox on Linux”: what staff need of it."""
    text = user_agent or ""
    names = ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome")
    systems = ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows")
    name = next((word for mark, word in (*names, ("Safari", "Safari")) if mark in text), None)
    more = (*systems, ("Mac OS", "macOS"), ("Linux", "Linux"))
    system = next((word for mark, word in more if mark in text), None)
    found = " on ".join(filter(None, [name, system]))
    return found or "A browser that is not known"
