"""The client of all tests: sends the CSRF token with each form, and checks each page it fetches."""

import secrets
from typing import Any

from flask import has_app_context
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from portal.core.storage.database import db
from tests.support.pages import PageClient


class PortalClient(PageClient):
    """What a test has prepared is committed before a request.

    The request has a context of its own, and so its own `g` and database session, as in life:
    Flask would let it share the test's.

    `with_token=False` sends a form as another site would.
    """

    def open(self, *args: Any, with_token: bool = True, **kwargs: Any) -> TestResponse:
        if has_app_context():
            db.session.commit()
        if with_token and kwargs.get("method") == "POST":
            path = args[0] if args and isinstance(args[0], str) else "/"
            base = {"base_url": kwargs["base_url"]} if "base_url" in kwargs else {}
            headers = dict(kwargs.pop("headers", None) or {})
            kwargs["headers"] = {"X-CSRFToken": self.csrf_token(path, **base), **headers}
        with self.application.app_context():
            return super().open(*args, **kwargs)

    def csrf_token(self, path: str = "/ops", **base: str) -> str:
        """A token of this client's session in the realm of that path."""
        with self.session_transaction(path=path.partition("?")[0], **base) as session:
            raw = session.setdefault("csrf_token", secrets.token_hex(20))
        signer = URLSafeTimedSerializer(str(self.application.secret_key), salt="wtf-csrf-token")
        return str(signer.dumps(raw))
