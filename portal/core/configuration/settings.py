"""The settings: environment variables, read once and validated at start.

docs/operator.md documents them.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, cast

from flask import current_app
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from portal.core.configuration.cron import cron_setting
from portal.core.configuration.hosts import AllowedHost, allowed_hosts, base_host
from portal.core.configuration.mail_url import MailRoute, mail_route
from portal.core.configuration.networks import Network, networks_setting
from portal.core.configuration.other_targets import OtherTarget, other_targets, yes_or_no
from portal.core.configuration.retention_setting import RetentionRule, keep_setting
from portal.core.configuration.separate_places import require_apart
from portal.core.configuration.store_url import StoreRoute, picture_route, store_route
from portal.core.configuration.system_group import group_setting
from portal.core.configuration.web_address import heartbeat_setting, sentry_setting
from portal.core.errors import SettingError
from portal.core.logs.setup import LogFormat

ROOT = Path(__file__).resolve().parents[3]
OPS = "ops"
"""The name of the ops database among addresses and backups; it is not a target."""

KEEP_BYTES = 32 * 1024 * 1024
"""Size of the cache of public pages, per process."""

Choice = TypeVar("Choice", bound=StrEnum)
State = TypeVar("State")


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class ApprovalRule(StrEnum):
    SECOND_CONFIRMATION = "second-confirmation"
    SECOND_PERSON = "second-person"


@dataclass(frozen=True)
class Settings:
    """All settings of one process. URLs are absolute; SQLite files open with `mode=rw`."""

    env: Environment
    data: Path
    group: int | None
    secret_key: str | None
    ops_url: URL
    development_url: URL
    production_url: URL
    incidents_dir: Path
    runbooks_dir: Path
    base_url: str
    base_url_is_given: bool
    hosts: tuple[AllowedHost, ...]
    port: int
    web_concurrency: int
    trusted_proxies: int
    hsts_subdomains: bool
    site_name: str
    log_format: LogFormat
    has_access_log: bool
    keep_bytes: int
    production_approval: ApprovalRule
    mail: MailRoute
    heartbeat_url: str | None = field(repr=False)
    sentry_dsn: str | None = field(repr=False)
    picture_store: StoreRoute
    backup_store: StoreRoute | None
    backup_key_file: Path
    backup_schedule: str | None
    backup_keep: RetentionRule
    sync_schedule: str | None
    metrics_from: tuple[Network, ...]
    update_delay: int
    admin_urls: dict[str, URL]
    others: tuple[OtherTarget, ...]

    @property
    def directory_url(self) -> URL:
        """The directory that this process serves."""
        return self.target_url(self.env)

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    def changing_url(self, environment: Environment) -> URL:
        """The address for changes to a directory, with a role that may make them if one is
        configured."""
        return self.admin_urls.get(environment.value, self.target_url(environment))

    @property
    def ops_changing_url(self) -> URL:
        """The address for schema changes and copies of the ops database, likewise."""
        return self.admin_urls.get(OPS, self.ops_url)

    @property
    def addresses(self) -> dict[str, URL]:
        """All configured database addresses, by their variables."""
        return {
            "OPS_DATABASE_URL": self.ops_url,
            "DEVELOPMENT_DATABASE_URL": self.development_url,
            "PRODUCTION_DATABASE_URL": self.production_url,
            **{f"{name.upper()}_ADMIN_URL": url for name, url in self.admin_urls.items()},
            **{f"{each.variables}_DATABASE_URL": each.url for each in self.others},
            **{f"{each.variables}_ADMIN_URL": each.changing_url for each in self.others},
        }

    def target_url(self, environment: Environment) -> URL:
        if environment is Environment.PRODUCTION:
            return self.production_url
        return self.development_url


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read and validate the settings.

    Raises SettingError with one line that names the variable.
    """
    data = Path(environ.get("PORTAL_DATA") or ROOT / "instance").resolve()
    site_name = environ.get("SITE_NAME") or "Studio Directory"
    loaded = Settings(
        env=_choice(environ, "PORTAL_ENV", Environment, Environment.DEVELOPMENT),
        data=data,
        group=group_setting(environ.get("PORTAL_GROUP", "")),
        secret_key=environ.get("SECRET_KEY") or None,
        incidents_dir=Path(environ.get("INCIDENTS_DIR") or ROOT / "incidents").resolve(),
        runbooks_dir=Path(environ.get("RUNBOOKS_DIR") or ROOT / "runbooks").resolve(),
        site_name=site_name,
        log_format=_choice(environ, "LOG_FORMAT", LogFormat, LogFormat.TEXT),
        has_access_log=_switch(environ, "ACCESS_LOG"),
        production_approval=_choice(
            environ, "PRODUCTION_APPROVAL", ApprovalRule, ApprovalRule.SECOND_CONFIRMATION
        ),
        heartbeat_url=heartbeat_setting(environ.get("HEARTBEAT_URL", "")),
        sentry_dsn=sentry_setting(environ.get("SENTRY_DSN", "")),
        mail=mail_route(environ.get("MAIL_URL", ""), data=data, site_name=site_name),
        update_delay=_number(environ, "UPDATE_DELAY", 30, most=600),
        metrics_from=networks_setting("METRICS_FROM", environ.get("METRICS_FROM", "")),
        **_serving(environ),
        **_databases(environ, data),
        **_copies(environ, data),
    )
    _require_places_apart(loaded)
    return loaded


def _serving(environ: Mapping[str, str]) -> dict[str, Any]:
    port = _number(environ, "PORT", 8000)
    base_url = (environ.get("BASE_URL") or f"http://localhost:{port}").rstrip("/")
    return {
        "base_url": base_url,
        "base_url_is_given": bool(environ.get("BASE_URL")),
        "hosts": (base_host(base_url), *allowed_hosts(environ.get("ALLOWED_HOSTS", ""))),
        "port": port,
        "web_concurrency": _number(environ, "WEB_CONCURRENCY", 1),
        "trusted_proxies": _number(environ, "TRUSTED_PROXIES", 0),
        "hsts_subdomains": yes_or_no("HSTS_SUBDOMAINS", environ),
        "keep_bytes": _number(environ, "PORTAL_KEEP_BYTES", KEEP_BYTES),
    }


def _databases(environ: Mapping[str, str], data: Path) -> dict[str, Any]:
    urls = {
        f"{name}_url": _url(environ, f"{name.upper()}_DATABASE_URL", data / f"{name}.sqlite3")
        for name in (OPS, *Environment)
    }
    others = other_targets(environ, lambda name: _url(environ, name, Path()))
    return {**urls, "admin_urls": _admin_urls(environ), "others": others}


def _copies(environ: Mapping[str, str], data: Path) -> dict[str, Any]:
    return {
        "picture_store": picture_route(environ, data=data),
        "backup_store": store_route(environ.get("BACKUP_URL", ""), data=data),
        "backup_key_file": Path(environ.get("BACKUP_KEY_FILE") or data / "backup-key").resolve(),
        "backup_schedule": cron_setting("BACKUP_SCHEDULE", environ.get("BACKUP_SCHEDULE", "")),
        "backup_keep": keep_setting(environ.get("BACKUP_KEEP", "")),
        "sync_schedule": cron_setting("SYNC_SCHEDULE", environ.get("SYNC_SCHEDULE", "")),
    }


def _require_places_apart(loaded: Settings) -> None:
    store, mail = loaded.backup_store, loaded.mail.folder
    if store and store.overlaps(loaded.picture_store):
        raise SettingError("STORAGE_URL and BACKUP_URL share a place: give each one of its own.")
    require_apart(
        loaded.addresses,
        data=loaded.data,
        key_file=loaded.backup_key_file,
        store=store.folder if store else None,
        pictures=loaded.picture_store.folder,
        mail=mail.resolve() if mail else None,
    )


def settings() -> Settings:
    """The settings of the current application."""
    return cast(Settings, current_app.extensions["portal.settings"])


def state_of_app(kind: type[State]) -> State:
    """What the current application remembers in this process, made when first asked for."""
    return cast(State, current_app.extensions.setdefault(f"portal.{kind.__qualname__}", kind()))


def _admin_urls(environ: Mapping[str, str]) -> dict[str, URL]:
    """Addresses with another role than the sites', for changes that this process may make."""
    names = {name: f"{name.upper()}_ADMIN_URL" for name in (*Environment, OPS)}
    return {key: _url(environ, name, Path()) for key, name in names.items() if environ.get(name)}


def _choice(environ: Mapping[str, str], name: str, kind: type[Choice], default: Choice) -> Choice:
    value = environ.get(name) or default
    try:
        return kind(value)
    except ValueError:
        allowed = " or ".join(kind)
        raise SettingError(f"{name} is “{value}”; it must be {allowed}.") from None


def _switch(environ: Mapping[str, str], name: str) -> bool:
    value = environ.get(name) or "no"
    if value not in {"yes", "no", "1", "0"}:
        raise SettingError(f"{name} is “{value}”; it must be yes or no.")
    return value in {"yes", "1"}


def _number(environ: Mapping[str, str], name: str, default: int, *, most: int | None = None) -> int:
    value = environ.get(name) or str(default)
    if not value.isdecimal():
        raise SettingError(f"{name} is “{value}”; it must be a whole number.")
    if most is not None and int(value) > most:
        raise SettingError(f"{name} is “{value}”; it must be at most {most}.")
    return int(value)


def _url(environ: Mapping[str, str], name: str, default: Path) -> URL:
    value = environ.get(name)
    try:
        url = make_url(value) if value else URL.create("sqlite", database=str(default))
    except ArgumentError:
        raise SettingError(f"{name} can't be read as a database address.") from None
    url = url.set(drivername=url.drivername.lower())
    backend = url.get_backend_name()
    if backend == "sqlite":
        return sqlite_url(name, url)
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    raise SettingError(f"{name} names {backend}; only SQLite and PostgreSQL are supported.")


def sqlite_url(name: str, url: URL) -> URL:
    """The same file by its absolute path, opened with `mode=rw`, so that a mistyped path is an
    error.

    Otherwise SQLite creates a new empty database if the file does not exist.
    """
    file = sqlite_path(url)
    if file is None:
        raise SettingError(f"{name} names no file; a database in memory can't be shared.")
    return URL.create("sqlite", database=f"file:{file}", query={"mode": "rw", "uri": "true"})


def sqlite_path(url: URL) -> Path | None:
    """The file of a SQLite URL; None for a database in memory or on a server."""
    if url.get_backend_name() != "sqlite":
        return None
    database = (url.database or "").removeprefix("file:")
    return None if database in {"", ":memory:"} else Path(database).resolve()
