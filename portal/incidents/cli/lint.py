"""`flask incidents lint`."""

from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from portal.accounts.models import Organisation
from portal.core.storage.database import db
from portal.documents.models import DocumentKind
from portal.documents.publishing.overlay import folder
from portal.incidents.cli import commands
from portal.incidents.lint.links import folders_here
from portal.incidents.lint.run import Finding, lint_documents, lint_path


@commands.command("lint")
@click.argument("path", required=False, type=click.Path(path_type=Path))
def lint(path: Path | None) -> None:
    """Name file, line and problem of everything to fix in PATH; exit 1 when there is any.

    PATH is a folder of reports or one file; without it what this instance shows, published texts
    included. Clients are known where there is an ops database.
    """
    clients = _clients()
    found = lint_path(path, clients=clients) if path else _shown_here(clients)
    for finding in found:
        click.echo(finding)
    if any(not finding.is_note for finding in found):
        raise SystemExit(1)
    click.echo("No problems.")


def _shown_here(clients: set[str] | None) -> list[Finding]:
    reports = folder(DocumentKind.REPORT)
    return lint_documents(
        reports.documents(), reports.problems(), roots=folders_here(), clients=clients
    )


def _clients() -> set[str] | None:
    """The slugs of all organisations, archived ones too; None without an ops database."""
    try:
        return set(db.session.scalars(select(Organisation.slug)))
    except SQLAlchemyError:
        return None
