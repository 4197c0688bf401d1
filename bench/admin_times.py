"""Times of the admins' table in this process: run by `bench.bench_admin`, prints JSON.

    python -m bench.admin_times STUDIOS

The directory of the environment was set up for the demo; if it has fewer studios than requested,
they are copied first, with their index. Times are processor milliseconds of whole pages, and of
the database server's session as Linux counts them.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, func, select, text

from bench.copied_admin import copy_admin
from bench.kept_figures import main as fill_kept
from bench.many_listed import fill_many_listed, stride_of
from bench.people import PASSWORD
from bench.search_times import processor
from portal.accounts.models import Account, Role
from portal.accounts.service import create_account
from portal.app import create_app
from portal.audit.actor import SYSTEM
from portal.core.gc_startup import without_gc_during_import
from portal.core.storage.database import db
from portal.databases.targets.config import target_named
from portal.directory.admin.query import Sort
from portal.directory.models import StudioProfile, StudioType, User
from tests.support.cast import log_in

TIMES, WARM = 40, 3
TABLE = "/ops/directory"
WORDS = ("voice", "sound", "studio", "room", "booth")
COMMON = (
    *("state=published", "verified=yes", "verified=no", "featured=no", "premium=no", "owner=own"),
    *("reviews=some", "reviews=none", "pictures=some", "since=2020-01-01"),
)
RARE = (
    *("state=draft", "state=pending", "state=deleted", "featured=yes", "premium=yes"),
    *("owner=imported", "owner=leaving", "reviews=waiting", "pictures=none"),
    *("since=2026-11-30", "city=Reykjav%C3%ADk", "city=London"),
)


def kinds(emails: list[str]) -> dict[str, list[str]]:
    """Addresses by what they ask for; those of a kind take turns."""
    types = [f"type={each.value.replace(' ', '+')}" for each in StudioType]
    sorts = {
        f"by {sort}, {way}": [f"sort={sort}&direction={way}"]
        for sort in Sort
        for way in ("up", "down")
    }
    return {
        "no filter": [""],
        **{each: [each] for each in (*COMMON, *RARE)},
        "each type": types,
        "filters that exclude each other": [
            "state=draft&reviews=some", "pictures=none&reviews=some&verified=yes",
            "state=deleted&state=published&featured=yes", "city=London&q=paris+harpsichord",
        ],
        "those at the end of an order": [
            "reviews=none&sort=rating", "state=draft&sort=rating", "pictures=none&sort=rating",
        ],
        "a common word": [f"q={each}" for each in WORDS],
        "two common words": ["q=voice+studio", "q=sound+room"],
        "one letter": ["q=s", "q=b"],
        "a longer word": ["q=recording", "q=studios"],
        "a number": ["q=17", "q=%23321"],
        "an email": [f"q={each}" for each in emails],
        "a website": ["q=example.com", "q=www.studio.example"],
        "the last page": ["before=", "before=&sort=name", "state=published&before=&sort=city"],
        "in the middle": ["sort=name&after=m~5", "sort=city&before=m~5", "sort=number&after=400"],
        "500 a page": ["size=500", "size=500&sort=rating&verified=yes"],
        **sorts,
    }  # fmt: skip


def main() -> None:
    studios = int(sys.argv[1])
    with without_gc_during_import():  # as wsgi.py loads it
        app = create_app()
    app.testing = True  # a benchmark takes no lease
    with app.app_context():
        grow(target_named("development").url, studios)
        db.session.remove()
        client = admin_of(app)
        some = select(User.email).join(StudioProfile).limit(5)
        emails = list(db.session.scalars(some))
        db.session.rollback()
        found = {kind: times(client, asked) for kind, asked in kinds(emails).items()}
        print(json.dumps(found))


def grow(url: object, studios: int) -> None:
    engine = create_engine(url)  # type: ignore[call-overload]
    with engine.connect() as connection:
        existing = connection.scalar(select(func.count(StudioProfile.id))) or 0
        if existing >= studios:
            return
        fill_kept()
        stride = stride_of(connection)
        for _ in fill_many_listed(connection, studios=studios):
            pass
        for _ in copy_admin(connection, stride=stride, copies=-(-studios // existing)):
            pass
        connection.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    engine.dispose()


def admin_of(app: Flask) -> FlaskClient:
    email = "admin@load.example"
    found = db.session.scalar(select(Account).where(Account.email == email))
    account = found or create_account(
        email=email, name="Admin", role=Role.ADMIN, password=PASSWORD, by=SYSTEM, by_setup=True
    )
    db.session.commit()
    client = app.test_client()
    log_in(client, account)
    return client


def times(client: FlaskClient, asked: list[str]) -> dict[str, float]:
    """The 95th percentile and the mean, the first pages left out."""
    clock = _clock()
    taken = []
    for at in range(-WARM, max(TIMES, 2 * len(asked))):
        began = clock()
        answer = client.get(f"{TABLE}?{asked[at % len(asked)]}")
        took = (clock() - began) * 1000
        if answer.status_code != 200:
            raise SystemExit(f"{asked[at % len(asked)]} answers {answer.status_code}.")
        taken += [took] if at >= 0 else []
    return {"p95": statistics.quantiles(taken, n=20)[-1], "mean": statistics.mean(taken)}


def _clock() -> Callable[[], float]:
    with db.engine.connect() as connection:
        return processor(connection, time.process_time)


if __name__ == "__main__":
    main()
