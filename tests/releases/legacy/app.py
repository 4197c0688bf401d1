"""The old release's pages."""

from flask import Flask, abort
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from portal.core.storage.sqlite import open_sqlite

LISTED = "SELECT count(*) FROM studios WHERE status = 'active' AND is_profile_visible"
ONE = (
    "SELECT s.name, s.city, p.about FROM studios AS s JOIN users AS u ON u.id = s.owner_id"
    " LEFT JOIN user_profiles AS p ON p.user_id = u.id WHERE u.username = :username"
)
RENAME = (
    "UPDATE studios SET name = :name WHERE owner_id ="
    " (SELECT id FROM users WHERE username = :username)"
)


def create_legacy_app(directory_url: URL) -> Flask:
    app = Flask("legacy")
    engine = _engine(directory_url)

    @app.get("/")
    def home() -> str:
        with engine.connect() as connection:
            return f"{connection.execute(text(LISTED)).scalar_one()} studios listed\n"

    @app.get("/studios/<username>")
    def studio(username: str) -> dict[str, str | None]:
        with engine.connect() as connection:
            found = connection.execute(text(ONE), {"username": username}).one_or_none()
        return dict(found._mapping) if found else abort(404)

    @app.post("/studios/<username>/name/<name>")
    def rename(username: str, name: str) -> tuple[str, int]:
        with engine.begin() as connection:
            values = {"username": username, "name": name}
            changed = connection.execute(text(RENAME), values).rowcount
        return ("", 204 if changed else 404)

    @app.get("/healthz")
    def health() -> str:
        return "ok\n"

    return app


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        return open_sqlite(url)
    return create_engine(url, poolclass=NullPool)
