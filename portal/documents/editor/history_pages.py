"""History of a document: versions, comparison, withdrawal, patch."""

import re

from flask import Response, flash, redirect, request, url_for

from portal.accounts.permissions.access import the_account
from portal.core.errors import Conflict, NotFound
from portal.core.storage.database import db
from portal.documents.editor.forms import WithdrawalForm
from portal.documents.editor.pages import Page, Pages
from portal.documents.publishing.history import compare_sides, sides_of
from portal.documents.publishing.patch import patch_of, patch_of_all
from portal.documents.publishing.publish import withdraw
from portal.documents.publishing.versions import (
    PublicationState,
    publication_state,
    version_numbered,
)


class HistoryPages(Pages):
    def register_routes(self) -> None:
        self.add("<path:slug>/versions", self.list_document_versions, method="GET")
        self.add("<path:slug>/versions/<int:number>", self.show_document_version, method="GET")
        self.add("<path:slug>/comparison", self.show_document_comparison, method="GET")
        self.add("<path:slug>/withdrawal", self.create_document_withdrawal, method="POST")
        self.add("<path:slug>/changes.patch", self.show_document_patch, method="GET")
        self.add("changes.patch", self.show_document_patches, method="GET")

    def list_document_versions(self, slug: str) -> Page:
        state = self._state(slug)
        return self.show("versions.html", state=state, sides=sides_of(state))

    def show_document_version(self, slug: str, number: int) -> Page:
        version = version_numbered(self.writing.kind, slug, number)
        return self.show("version.html", version=version)

    def show_document_comparison(self, slug: str) -> Page:
        """`old` and `new` are a version number, `shipped` or `published`."""
        state = self._state(slug)
        held = compare_sides(state, request.args.get("old", ""), request.args.get("new", ""))
        return self.show("comparison.html", state=state, sides=sides_of(state), held=held)

    def create_document_withdrawal(self, slug: str) -> Page:
        form = WithdrawalForm()
        form.require()
        withdraw(self.writing.kind, slug, seen=form.seen.data or "", by=the_account())
        if not self._state(slug).shipped:
            self.writing.readers.gone(slug, by=the_account())
        db.session.commit()
        self.settle(slug)
        state = self._state(slug)
        if state.shipped:
            flash("Withdrawn: the shipped text is shown again.", "done")
            return redirect(url_for(self.writing.shown_at, slug=slug), 303)
        flash(f"Withdrawn: the {self.writing.noun} is shown nowhere any more.", "done")
        return redirect(self.address("list_document_versions", slug=slug), 303)

    def show_document_patch(self, slug: str) -> Page:
        self._state(slug)
        return _download(patch_of(self.writing.kind, slug), re.sub(r"[^\w.-]+", "-", slug))

    def show_document_patches(self) -> Page:
        return _download(patch_of_all(self.writing.kind), self.writing.plural)

    def _state(self, slug: str) -> PublicationState:
        """Raises NotFound for a document that was neither shipped nor published."""
        state = publication_state(self.writing.kind, slug)
        if not (state.shipped or state.published or state.versions):
            raise NotFound(f"There is no {self.writing.noun} named {slug!r}.")
        return state


def _download(patch: bytes, name: str) -> Response:
    if not patch:
        raise Conflict("The repository says the same as what is published.")
    response = Response(patch, mimetype="text/x-patch")
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.patch")
    return response
