"""People with an account on the site, for tests: made in the directory, logged in by a session."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from portal.accounts.login.passwords import hash_password
from portal.core.configuration.settings import Settings, sqlite_path
from portal.core.storage.database import DirectoryModel, changing_directory, db, site_tables
from portal.core.storage.sqlite import SchemaAccess, open_sqlite
from portal.directory.models import Role, User
from portal.directory.users.sessions import open_session
from tests.conftest import make_file
from tests.support.databases import checkpoint, url_of

PASSWORD = "five quiet microphones"


def make_site(app: Flask, settings: Settings, *, with_accounts: bool = True) -> None:
    """The tables of the directory that this application serves; SQLite."""
    file = sqlite_path(settings.development_url)
    assert file is not None
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(_empty_site(with_accounts=with_accounts), file)
    app.extensions["portal.directory.check"] = None


@cache
def _empty_site(*, with_accounts: bool) -> Path:
    """Made once in this process, and copied."""
    folder = Path(tempfile.mkdtemp(prefix="site-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = make_file(folder / "site.sqlite3")
    engine = open_sqlite(url_of(file), access=SchemaAccess.SET_UP)
    tables = DirectoryModel.metadata.tables
    names = [name for name in tables if with_accounts or name not in site_tables()]
    DirectoryModel.metadata.create_all(engine, tables=[tables[name] for name in names])
    engine.dispose()
    checkpoint(file)
    return file


def make_user(
    email: str = "olive@example.com", *, name: str = "Olive Marsh", **more: object
) -> User:
    """With `PASSWORD`, unless another hash is given."""
    values = {"password_hash": hash_password(PASSWORD), "role": Role.OWNER, "email_verified": True}
    with changing_directory():
        user = User(
            email=email, username=email.partition("@")[0], display_name=name, **(values | more)
        )
        db.session.add(user)
        db.session.flush()
        number = user.id
    return db.session.get_one(User, number)


def log_in_site(client: FlaskClient, user: User) -> int:
    """Log this client in as that person; returns the number of the session."""
    with changing_directory():
        row, token = open_session(user)
        number = row.id
    with client.session_transaction(path="/me") as session:
        session["_user_id"], session["_fresh"] = token, True
    return number
