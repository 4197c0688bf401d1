"""The command groups by name and help line: a feature is imported when its group is used."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

import click


@dataclass(frozen=True)
class Group:
    """`pages` are the commands that print addresses of pages, and so need all of them."""

    module: str
    help: str
    pages: frozenset[str] = frozenset()
    attribute: str = "commands"


GROUPS = {
    "accounts": Group("portal.accounts.cli", "Staff and clients of the control room."),
    "audit": Group("portal.audit.cli", "The audit log."),
    "databases": Group(
        "portal.databases.cli",
        "The directory's databases, and the guard around them.",
        frozenset({"check"}),
    ),
    "db": Group("flask_migrate.cli", "Perform database migrations.", attribute="db"),
    "emails": Group("portal.emails.cli", "Messages to clients: check what templates hold."),
    "incidents": Group("portal.incidents.cli", "Incidents: reports are checked, updates are sent."),
    "jobs": Group("portal.jobs.cli", "The worker that carries out operations."),
    "monitoring": Group("portal.monitoring.cli", "What visitors get, as the worker measures it."),
    "portal": Group("portal.control.cli", "Set up this control room."),
    "runbooks": Group(
        "portal.runbooks.cli", "Runbooks: check what their authors wrote.", frozenset({"lint"})
    ),
}

Prepare = Callable[[bool], None]
"""Called before a command is loaded: with pages, or without."""


class FeatureCommands(click.Group):
    """A feature's group, which imports the feature to list its commands or to run one."""

    def __init__(self, name: str, group: Group, prepare: Prepare) -> None:
        super().__init__(name, help=group.help)
        self.group_of, self.prepare = group, prepare

    def list_commands(self, ctx: click.Context) -> list[str]:
        return self._loaded(with_pages=False).list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        group = self._loaded(with_pages=cmd_name in self.group_of.pages)
        return group.get_command(ctx, cmd_name)

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Delegates to the feature's own group: its options, its error handling."""
        group = self._loaded(with_pages=not self.group_of.pages.isdisjoint(args))
        return group.make_context(info_name, args, parent, **extra)

    def _loaded(self, *, with_pages: bool) -> click.Group:
        self.prepare(with_pages)
        module = import_module(self.group_of.module)
        return cast(click.Group, getattr(module, self.group_of.attribute))


def feature_commands(prepare: Prepare) -> list[FeatureCommands]:
    return [FeatureCommands(name, group, prepare) for name, group in GROUPS.items()]
