"""The application of a process, with only the parts that the process needs.

A web server, a shell and Flask's own commands get all of it at once. `flask --help` gets the names
of our command groups; our commands get what they need when they are called.
"""

from collections.abc import Callable
from typing import Any

import click
from flask import Flask
from flask.cli import ScriptInfo

from portal.core.configuration.settings import Settings, load_settings
from portal.core.errors import SettingError
from portal.core.files.data_folder import prepare_data_folder
from portal.core.files.users import require_site_user
from portal.core.gc_startup import without_gc_during_import
from portal.core.logs.records import keep_secrets_out_of_logs
from portal.core.logs.setup import log_as_sentences, set_up_logs
from portal.core.secrets import secret_key
from portal.groups import feature_commands

#: Bytes. An image and the text that contains it.
LARGEST_REQUEST = 12_000_000


def application() -> Flask:
    """The application for wsgi.py. Raises SettingError for an invalid setting."""
    if _looks_for_a_command():
        return commands_only(load_settings())
    settings = settings_of_a_site() if _serves_pages() else load_settings()
    set_up_logs("web", settings.log_format, target=settings.env.value)
    from portal.app import create_app  # noqa: PLC0415 — imports every feature
    from portal.databases.targets.registry import require_given_key  # noqa: PLC0415

    require_given_key(settings)
    return create_app(settings)


def settings_of_a_site() -> Settings:
    """The settings of a process that serves pages, whose rights are right. Raises SettingError."""
    settings = load_settings()
    require_site_user(settings)
    prepare_data_folder(settings)
    return settings


class Site(Flask):
    """None of its views and handlers is a coroutine; a test ensures that."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Skips Flask's check whether a function is a coroutine, which it makes thirty times a
        page."""
        return func


def bare_app(settings: Settings) -> Flask:
    """An application with its settings and nothing else. Raises SettingError."""
    keep_secrets_out_of_logs()
    prepare_data_folder(settings)
    app = Site("portal", static_folder="web/static", template_folder="web/templates")
    app.extensions["portal.settings"] = settings
    app.config["SECRET_KEY"] = secret_key(settings)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    app.ensure_sync = lambda func: func  # type: ignore[method-assign]  # none is a coroutine
    return app


def commands_only(settings: Settings) -> Flask:
    """Knows the command names; the first command that is called loads what it needs."""
    log_as_sentences()
    app = bare_app(settings)
    done: set[str] = set()

    def prepare(with_pages: bool) -> None:
        try:
            with without_gc_during_import():
                _prepare(app, done, with_pages=with_pages)
        except SettingError as error:
            raise click.ClickException(str(error)) from None

    for group in feature_commands(prepare):
        app.cli.add_command(group)
    return app


def _prepare(app: Flask, done: set[str], *, with_pages: bool) -> None:
    if "features" not in done:
        from portal.features import know_features  # noqa: PLC0415 — models, jobs, actions

        know_features(app)
        done.add("features")
    if with_pages and "pages" not in done:
        from portal.app import show_pages  # noqa: PLC0415 — imports every feature

        show_pages(app)
        done.add("pages")


def _looks_for_a_command() -> bool:
    """Whether `flask` itself is listing commands or looking one up; not within `flask run`."""
    context = click.get_current_context(silent=True)
    if context is None or context.parent is not None:
        return False
    return context.find_object(ScriptInfo) is not None


def _serves_pages() -> bool:
    """Whether this is a web server: gunicorn or another one, or `flask run`."""
    context = click.get_current_context(silent=True)
    return context is None or context.info_name == "run"
