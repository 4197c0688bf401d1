"""Common parts of the editor pages: permissions, refusals, redirects."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.accounts.permissions.access import require_role
from portal.core.errors import Unavailable
from portal.documents.publishing.publish import settle
from portal.documents.writing import EditableKind

Page = str | Response | tuple[str, int]
View = Callable[..., Page]


class Pages:
    """The pages for one kind of document, in one blueprint."""

    def __init__(self, writing: EditableKind, blueprint: Blueprint, at: str) -> None:
        self.writing = writing
        self.name = blueprint.name
        self._blueprint = blueprint
        self._at = at

    def register_routes(self) -> None:
        raise NotImplementedError

    def add(self, rule: str, view: View, *, method: str) -> None:
        """The view's name becomes its endpoint; 403 for accounts that may not edit."""

        @wraps(view)
        def guarded(**values: Any) -> Page:
            require_role(*self.writing.roles)
            return view(**values)

        self._blueprint.add_url_rule(f"{self._at}/{rule}", view.__name__, guarded, methods=[method])

    def show(self, template: str, **values: Any) -> str:
        return render_template(f"documents/{template}", writing=self.writing, **values)

    def address(self, endpoint: str, **values: Any) -> str:
        return url_for(f"{self.name}.{endpoint}", **values)

    def settle(self, slug: str) -> None:
        """Call after the commit. If the file can't be written, the version is kept and a message
        says so.
        """
        try:
            settle(self.writing.kind, slug)
        except Unavailable as error:
            flash(str(error), "failed")
