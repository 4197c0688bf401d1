"""The cast: ana (admin), omar (ops), cleo (client). Ben owns a studio; a stranger has nothing."""

from datetime import timedelta
from functools import cache

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.accounts.login.login import Caller
from portal.accounts.login.login import log_in as open_login
from portal.accounts.models import Account, LoginSession, Role
from portal.core.clock import now
from portal.core.storage.database import db
from tests.support.quick import CHEAP_HASHER

ROLES = {"ana": Role.ADMIN, "omar": Role.OPS, "cleo": Role.CLIENT}
PASSWORD = "the kettle sings at dawn"


@cache
def password_hash() -> str:
    """Made once: see tests/support/quick.py."""
    return CHEAP_HASHER.hash(PASSWORD.encode())


def make_account(name: str, role: Role | None = None) -> Account:
    """One of the cast, or somebody else in a role; the same row when asked for again."""
    email = f"{name}@example.com"
    account = db.session.scalar(select(Account).where(Account.email == email))
    if account is None:
        account = Account(
            email=email,
            name=name.capitalize(),
            role=role or ROLES[name],
            password_hash=password_hash(),
            created_at=now() - timedelta(days=30),
        )
        db.session.add(account)
    db.session.commit()
    return account


def log_in(client: FlaskClient, account: Account) -> LoginSession:
    """Give the client a session of this account without the login page. Commits."""
    row, token = open_login(account, Caller(address="127.0.0.1", user_agent="tests"))
    db.session.commit()
    with client.session_transaction(path="/ops") as session:
        session.clear()
        session["_user_id"] = token
    return row


def log_in_by_form(
    client: FlaskClient, account: Account | str, password: str = PASSWORD, **fields: str
) -> TestResponse:
    """Through the page, as a browser does; a text is an email address of nobody's."""
    email = account if isinstance(account, str) else account.email
    return client.post("/ops/login", data={"email": email, "password": password, **fields})
