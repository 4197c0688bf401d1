"""The pictures of a person's studio: upload, order, alternative text, removal."""

import time
from dataclasses import asdict
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from portal.core.errors import LoginNeeded, NotFound, PortalError
from portal.core.forms import form_at, json_answer, require_pressed
from portal.directory.forms.pictures import OrderForm, PicturesForm, TextForm
from portal.directory.uploads import limits
from portal.directory.uploads.queries import Pictures, pictures_of_user
from portal.directory.uploads.sending import Result, add_pictures
from portal.directory.uploads.service import (
    GONE,
    Removed,
    describe_picture,
    order_pictures,
    put_back,
    remove_picture,
)
from portal.directory.users.identity import require_user
from portal.directory.views.site import blueprint
from portal.directory.visibility import IMAGE_NAME

REMOVED = "removed_pictures"
#: How much of what was removed the cookie keeps, in characters of the texts.
MOST_REMOVED, MOST_CHARACTERS = 5, 500
#: Seconds in which a picture can be put back: much less than its files are kept.
PUT_BACK_WITHIN = 24 * 3600.0


@blueprint.get(limits.PAGE)
def show_pictures() -> str:
    return _page(require_user().id)


@blueprint.post(limits.PAGE)
def create_pictures() -> Response | tuple[str, int]:
    """A script sends one file at a time, and shows the sentence beside it."""
    if request.accept_mimetypes.best == "application/json":
        return _answer_script()
    user_id, form = require_user().id, PicturesForm()
    form.require()
    results = add_pictures(user_id, form.pictures.data)
    refused = [each for each in results if not each.is_added]
    if refused:
        return _page(user_id, results), refused[-1].status
    flash(f"{_pictures(len(results))} added. Say what each one shows.", "done")
    return redirect(url_for(".show_pictures"), 303)


@blueprint.post(f"{limits.PAGE}/order")
def update_picture_order() -> Response:
    user_id, form = require_user().id, OrderForm()
    form.require()
    order_pictures(user_id, form.numbers)
    moved = (form.move.data or "").partition(" ")[0]
    return redirect(url_for(".show_pictures", _anchor=f"picture-{moved}" if moved else None), 303)


@blueprint.post(f"{limits.PAGE}/<int:number>/text")
def update_picture(number: int) -> Response:
    user_id, form = require_user().id, TextForm()
    form.require()
    describe_picture(user_id, number, form.text.data or "")
    flash("The text is saved.", "done")
    return redirect(url_for(".show_pictures", _anchor=f"picture-{number}"), 303)


@blueprint.post(f"{limits.PAGE}/<int:number>/delete")
def delete_picture(number: int) -> Response:
    user_id = require_user().id
    require_pressed()
    removed = remove_picture(user_id, number)
    if IMAGE_NAME.fullmatch(removed.name):
        newest = {**asdict(removed), "user": user_id, "at": time.time()}
        session[REMOVED] = _within_cookie([newest, *_remembered()])
        flash("The picture is removed. You can put it back below.", "done")
    else:
        flash("The picture is removed. It was on another site.", "done")
    return redirect(url_for(".show_pictures"), 303)


@blueprint.post(f"{limits.PAGE}/<int:number>/return")
def create_picture_return(number: int) -> Response:
    user_id = require_user().id
    require_pressed()
    removed = next((each for each in _removed_by(user_id) if each.id == number), None)
    if removed is None:
        raise NotFound(GONE, remedy="Upload it again.")
    put_back(user_id, removed)
    session[REMOVED] = [each for each in _remembered() if each["id"] != number]
    flash("The picture is back.", "done")
    return redirect(url_for(".show_pictures", _anchor=f"picture-{number}"), 303)


def _page(user_id: int, results: list[Result] | None = None) -> str:
    pictures = pictures_of_user(user_id)
    return render_template(
        "site/pictures.html",
        pictures=pictures,
        upload=form_at(PicturesForm, url_for(".create_pictures")),
        texts=_text_forms(pictures),
        results=results or [],
        removed=_removed_by(user_id),
        limits=limits,
    )


def _text_forms(pictures: Pictures) -> dict[int, TextForm]:
    def form(number: int, text: str) -> TextForm:
        address = url_for(".update_picture", number=number)
        return form_at(lambda **more: TextForm(**{"text": text, **more}), address, key=str(number))

    return {each.id: form(each.id, each.text) for each in pictures.shown}


def _answer_script() -> Response:
    try:
        user_id, form = require_user().id, PicturesForm()
        form.require()
        [*_, last] = add_pictures(user_id, form.pictures.data)
    except LoginNeeded:
        return json_answer("Log in again in another tab, then send it again.", 401)
    except PortalError as error:
        return json_answer(str(error), error.form_status)
    response: Response = jsonify(said=last.sentence)
    response.status_code = last.status
    return response


def _removed_by(user_id: int) -> list[Removed]:
    return [
        Removed(each["id"], each["name"], each["text"], each["place"])
        for each in _remembered()
        if each["user"] == user_id and 0 <= time.time() - each["at"] < PUT_BACK_WITHIN
    ]


def _remembered() -> list[dict[str, Any]]:
    return list(session.get(REMOVED, []))


def _within_cookie(removed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The newest first; the oldest are left out that the cookie has no room for."""
    kept = removed[:MOST_REMOVED]
    while len(kept) > 1 and sum(len(str(each["text"])) for each in kept) > MOST_CHARACTERS:
        kept.pop()
    return kept


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count} pictures"
