"""Editing a new or existing text: preview, draft, publication."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

from flask import flash, make_response, redirect, request, url_for

from portal.accounts.models import Account
from portal.accounts.permissions.access import require_fresh_login, the_account
from portal.audit.refusals import record_refusal
from portal.core.errors import FreshLoginNeeded, Invalid, PortalError
from portal.core.forms import commit_and_redirect, require_pressed
from portal.core.paging import Page as ListPage
from portal.core.paging import page_of
from portal.core.storage.database import db, reading
from portal.documents.document import parse_document
from portal.documents.drafting.autosave import (
    autosave_text,
    draft_label,
    end_drafts,
    is_apart,
    save_text,
)
from portal.documents.drafting.drafts import discard_draft, drafts_of
from portal.documents.drafting.filling import with_more_text
from portal.documents.drafting.starters import starter_text, starters_in
from portal.documents.drafting.state import EditedText, opened_text, proposed_slug
from portal.documents.editor.autosave_pages import APART_WORDS
from portal.documents.editor.field_forms import not_in_text
from portal.documents.editor.forms import EditorForm, PictureForm, PublicationForm, read_version
from portal.documents.editor.pages import Page
from portal.documents.editor.preview_pages import InvalidEdit, PreviewPages
from portal.documents.images.store import keep_image
from portal.documents.models import DocumentDraft
from portal.documents.publishing.patch import unshipped
from portal.documents.publishing.publish import normalised, publish
from portal.documents.publishing.versions import withdrawn
from portal.documents.writing import OutsideReaders, UnsolvedProblems

Item = TypeVar("Item")
LISTED = 50


class EditorPages(PreviewPages):
    def register_routes(self) -> None:
        self.add("new", self.new_document, method="GET")
        self.add("<path:slug>/edit", self.edit_document, method="GET")
        self.add("preview", self.preview_document, method="POST")
        self.add("preview/<key>", self.show_document_preview, method="GET")
        self.add("drafts", self.create_document_draft, method="POST")
        self.add("<path:slug>/draft/end", self.delete_document_draft, method="POST")
        self.add("pictures", self.create_document_picture, method="POST")
        self.add("publications", self.create_document_publication, method="POST")

    def new_document(self) -> Page:
        """The choice of starters; after the choice, the editor with that text."""
        if (start := request.args.get("start")) is None:
            return self._choice()
        text = starter_text(self.writing.starters, start) if start else ""
        view = request.args.get("view", "")
        return self._editor(EditedText("", text, view=view), the_account())

    def edit_document(self, slug: str) -> Page:
        by, version = the_account(), read_version(request.args)
        edited = opened_text(self.writing, slug, by=by, version=version)
        return self._editor(replace(edited, view=request.args.get("view", "")), by)

    def create_document_draft(self) -> Page:
        return self._kept(self.form(EditorForm), self._save, checked=True)

    def create_document_picture(self) -> Page:
        """Upload without JavaScript: the picture is appended to the text."""
        form = self.form(PictureForm)
        return self._kept(form, lambda edited, by: self._add_picture(form, edited, by))

    def create_document_publication(self) -> Page:
        return self._kept(self.form(EditorForm), self._publish, checked=True)

    def delete_document_draft(self, slug: str) -> Page:
        require_pressed()
        discard_draft(self.writing.kind, slug, by=the_account())
        return commit_and_redirect(self.address("new_document"), "Your draft is gone.")

    def _save(self, edited: EditedText, by: Account) -> Page:
        draft = save_text(self.writing, edited, by=by)
        slug, apart = draft.slug, is_apart(draft)
        return commit_and_redirect(
            self.address("edit_document", slug=slug),
            APART_WORDS if apart else "Your draft is saved. Only you can read it.",
        )

    def _publish(self, edited: EditedText, by: Account) -> Page:
        require_fresh_login()
        kind = self.writing.kind
        slug = edited.slug or proposed_slug(self.writing, edited.text)
        if outward := self._to_be_confirmed(slug, edited):
            draft = save_text(self.writing, edited, by=by)
            kept = replace(edited, slug=slug, drafted_as=draft.slug, known=draft.sha256)
            db.session.commit()
            return self.show("confirmation.html", edited=kept, outward=outward)
        version = publish(kind, slug, edited.text, opened=edited.opened, note=edited.note, by=by)
        share = PublicationForm().share.data == "yes"
        self.writing.readers.after(slug, version.source, share=share, by=by)
        end_drafts(kind, slug, edited, by=by)
        number = version.number
        db.session.commit()
        self.settle(slug)
        flash(f"Published as version {number}.", "done")
        return redirect(url_for(self.writing.shown_at, slug=slug), 303)

    def _to_be_confirmed(self, slug: str, edited: EditedText) -> OutsideReaders | None:
        """What must be confirmed before people outside of the staff read the text; None if nothing.

        Raises ProblemsStand.
        """
        text = normalised(edited.text)
        outward = self.writing.readers.before(parse_document(text, slug), text)
        if outward and outward.problems:
            sentence = f"Clients would read this {self.writing.noun}, so nothing was published"
            raise UnsolvedProblems(sentence, outward.problems)
        confirmed = PublicationForm().confirmed.data
        return None if outward is None or outward.key == confirmed else outward

    def _add_picture(self, form: PictureForm, edited: EditedText, by: Account) -> Page:
        sent, shows = form.picture.data, form.shows.data or ""
        if not sent or not sent.filename:
            raise Invalid("Choose a picture first.", field="picture")
        if not shows:
            raise Invalid("Say what the picture shows, for those who do not see it.", field="shows")
        try:
            kept = keep_image(sent.read(), by=by)
        except Invalid as error:
            error.field = "picture"
            raise
        db.session.commit()
        with reading():
            more = with_more_text(self.writing, edited, kept.markdown(shows))
            return self._editor(more, by, is_saved=False)

    def _kept(
        self,
        form: EditorForm,
        act: Callable[[EditedText, Account], Page],
        *,
        checked: bool = False,
    ) -> Page:
        """Run `act`; on a refusal show the typed text again and save it as a draft if possible.
        `checked`: the values of the fields must be right.
        """
        by, (is_right, edited, problems) = the_account(), self.sent(form)
        if not is_right or (checked and problems):
            return self._refused(edited, by, InvalidEdit(), form.problems | problems)
        try:
            return act(edited, by)
        except PortalError as error:
            record_refusal(error, by=by)
            return self._refused(edited, by, error, {})

    def _refused(
        self, edited: EditedText, by: Account, error: PortalError, problems: dict[str, str]
    ) -> Page:
        draft = self._keep_draft(edited, by)
        if draft and isinstance(error, FreshLoginNeeded):
            flash("Your words are kept as your draft. After the login, go on from there.", "info")
            return redirect(
                url_for(
                    "accounts.show_fresh_login", next=self.address("edit_document", slug=draft.slug)
                ),
                303,
            )
        if draft:
            edited = replace(edited, drafted_as=draft.slug, known=draft.sha256)
        is_saved = bool(draft) and not not_in_text(problems)
        if error.field:
            problems = {error.field: str(error)}
        with reading():
            page = self._editor(edited, by, error=error, problems=problems, is_saved=is_saved)
        return make_response(page, error.form_status)

    def _keep_draft(self, edited: EditedText, by: Account) -> DocumentDraft | None:
        with suppress(Invalid):
            draft = autosave_text(self.writing.kind, edited, by=by)
            db.session.commit()
            return draft
        db.session.rollback()
        return None

    def _choice(self) -> str:
        kind = self.writing.kind
        drafts = _page("drafts", drafts_of(kind, by=the_account()))
        removed = _page("withdrawn", withdrawn(kind))
        return self.show(
            "choice.html",
            starters=starters_in(self.writing.starters),
            drafts=drafts.showing([(each, draft_label(each)) for each in drafts.items]),
            withdrawn=removed,
            unshipped=unshipped(kind),
            drafts_address=lambda number: self._choice_address(
                drafts=number, withdrawn=removed.number
            ),
            withdrawn_address=lambda number: self._choice_address(
                drafts=drafts.number, withdrawn=number
            ),
        )

    def _choice_address(self, **numbers: int) -> str:
        asked: dict[str, Any] = {**numbers}
        return url_for(".new_document", **asked)


def _page(name: str, items: Sequence[Item]) -> ListPage[Item]:
    """One page of a list; `name` is the query parameter with its page number."""
    return page_of(items, number=request.args.get(name, 1, type=int), size=LISTED)
