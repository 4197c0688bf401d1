"""`flask portal …`: set up, and list addresses."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from portal.audit.actor import at_the_console
from portal.audit.refusals import CommandGroup
from portal.control.demo import STAFF, demo_logins, logins_file
from portal.control.setup import set_up
from portal.core.configuration.settings import settings
from portal.core.errors import Unavailable
from portal.core.faults.sentences import fault_of
from portal.core.files.users import require_worker_user
from portal.core.storage.database import db
from portal.databases.engines.base import first_line
from portal.documents.images.usage import delete_pictures, unused_pictures
from portal.emails.models import Message, UnsavedWords
from portal.incidents.models import ReportShare

commands = CommandGroup("portal", help="Set up this control room.")


@commands.command("setup")
@click.option("--demo", is_flag=True, help="With demo data, in a folder that holds nothing else.")
@click.option(
    "--studios",
    type=click.IntRange(1, 1_000_000),
    default=642,
    show_default=True,
    help="How many studios the demo has.",
)
@click.option(
    "--new-development",
    is_flag=True,
    help="An empty development directory may take the place of one that is lost.",
)
@click.option("--hide-logins", is_flag=True, help="Do not show the demo's new logins.")
def setup(*, demo: bool, studios: int, new_development: bool, hide_logins: bool) -> None:
    """Create or upgrade what is missing. Harmless to run twice; never upgrades production."""
    require_worker_user(settings())
    is_new = demo and not logins_file().exists()
    try:
        with _stopped_in_one_line():
            set_up(
                demo=demo,
                studios=studios,
                by=at_the_console(),
                say=click.echo,
                new_development=new_development,
            )
    finally:
        if is_new and logins_file().exists() and not hide_logins:
            click.echo("\nLogins of the demo, shown this once:\n")
            _say_logins()


@commands.command("addresses")
@click.option("--logins", is_flag=True, help="Also the logins of a demo, with their passwords.")
def addresses(*, logins: bool) -> None:
    """Say where the sites are, and how to log in."""
    port = settings().port
    click.echo(f"\n  Control room              http://localhost:{port}/ops   begin here")
    click.echo(f"  Directory, development    http://localhost:{port}/")
    click.echo(f"  Directory, production     http://localhost:{port + 1}/")
    if logins_file().exists():
        click.echo("\n  The control room's login page has a button for each of its people.")
        kept = f"kept in {logins_file()}"
        click.echo(f"  Their passwords, {kept}:" if logins else f"  Their passwords are {kept}.")
        if logins:
            _say_logins()
    click.echo("\n  Ctrl-C stops everything.\n")


@commands.command("pictures")
@click.option("--delete", is_flag=True, help="Delete them.")
def pictures(*, delete: bool) -> None:
    """Name the pictures that nothing written here has used for a day or more."""
    texts = (Message.body, UnsavedWords.body, ReportShare.source)
    unused = unused_pictures(
        [text for column in texts for text in db.session.scalars(select(column))]
    )
    for path in unused:
        click.echo(f"{path.name}  {path.stat().st_size / 1000:,.0f} kB")
    if delete:
        delete_pictures(unused, by=at_the_console())
        db.session.commit()
    count = "1 picture is" if len(unused) == 1 else f"{len(unused)} pictures are"
    click.echo(f"{count} deleted." if delete else f"{count} used nowhere.")


@contextmanager
def _stopped_in_one_line() -> Iterator[None]:
    """A full disk, a folder that may not be written: what was made so far stays."""
    try:
        yield
    except (OSError, DBAPIError, sqlite3.Error) as error:
        db.session.rollback()
        fault = fault_of(error, settings())
        why = fault or (first_line(error) if isinstance(error, DBAPIError) else error)
        first = f"{fault.remedy} " if fault and fault.remedy else ""
        raise Unavailable(
            f"The set-up stopped before its end: {why}",
            remedy=f"{first}Nothing is half made: run it again then, and it goes on there.",
        ) from None


def _say_logins() -> None:
    """Each with the page that takes it: the owner of a studio logs in to the directory."""
    site = f"http://localhost:{settings().port}"
    for role, login in demo_logins().items():
        place = f"{site}/ops/login" if role in STAFF else f"{site}/login"
        click.echo(f"  {role:<7} {login.email:<22} {login.password}   {place}")
