"""`flask runbooks lint`."""

from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
from flask import current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from portal.audit.refusals import CommandGroup
from portal.core.configuration.settings import settings
from portal.documents.lint import problems_at, show_problems
from portal.runbooks.engine.registry import place_named
from portal.runbooks.format.library import library
from portal.runbooks.lint import lint_folder

commands = CommandGroup("runbooks", help="Runbooks: check what their authors wrote.")


@commands.command("lint")
@click.argument("path", required=False, type=click.Path(path_type=Path))
def lint(path: Path | None) -> None:
    """Name file, line and problem of everything to fix in PATH; exit 1 when there is any.

    PATH is a folder of runbooks or one file; without it the folder that this instance uses.
    """
    path = path or settings().runbooks_dir
    root = path if path.is_dir() else path.parent
    count = len(library(root).runbooks) if path.is_dir() else 1
    show_problems(
        problems_at(path, partial(lint_folder, is_page=is_page)), count=count, noun="runbook"
    )


def is_page(address: str) -> bool:
    """Whether a person who follows this address of the site itself finds a page."""
    path = unquote(urlsplit(address).path)
    try:
        found = current_app.url_map.bind("localhost").match(path, method="GET", return_rule=True)
    except RequestRedirect:
        return True
    except HTTPException:
        return False
    rule, values = found
    return rule.endpoint != "runbooks.go_to" or place_named(str(values["name"])) is not None
