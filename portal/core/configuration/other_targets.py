"""TARGETS: databases of other applications, each with its own address and Alembic folder."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from portal.core.errors import SettingError

ENVIRONMENTS = ("development", "production")
TAKEN = {*ENVIRONMENTS, "ops", "studio-directory"}
NAME = re.compile(rf"([a-z][a-z0-9-]{{0,39}})/({'|'.join(ENVIRONMENTS)})")

HANDED = "talkback"
"""In Alembic's `config.attributes`: the target whose connection the control room passes in."""

ReadUrl = Callable[[str], URL]


@dataclass(frozen=True)
class OtherTarget:
    """A database of another application, as configured in the settings.

    `changing_url`: the address used for changes, with a role that may make them; `variables` is the
    prefix of its variables, such as `NEWSLETTER_PRODUCTION`; `obeys_maintenance`: the operator
    states that each of its processes calls `read_only_in_maintenance`.
    """

    application: str
    environment: str
    url: URL
    changing_url: URL
    migrations: Path
    variables: str
    obeys_maintenance: bool

    @property
    def name(self) -> str:
        return f"{self.application}/{self.environment}"


def other_targets(environ: Mapping[str, str], read_url: ReadUrl) -> tuple[OtherTarget, ...]:
    """The databases that TARGETS names, in order. `read_url` parses the address in a variable.

    Raises SettingError with one line that names the variable.
    """
    names = [each.strip() for each in environ.get("TARGETS", "").split(",") if each.strip()]
    if twice := next((each for each in names if names.count(each) > 1), None):
        raise SettingError(f"TARGETS names {twice} twice.")
    return tuple(_target(name, environ, read_url) for name in names)


def _target(name: str, environ: Mapping[str, str], read_url: ReadUrl) -> OtherTarget:
    found = NAME.fullmatch(name)
    if found is None:
        raise SettingError(
            f"TARGETS holds “{name}”; a target is <application>/production or"
            " <application>/development, in small letters, digits and hyphens."
        )
    application, environment = found.groups()
    if application in TAKEN:
        raise SettingError(f"TARGETS holds “{name}”; “{application}” is no name for another one.")
    variables = f"{application}_{environment}".upper().replace("-", "_")
    url = _needed_url(f"{variables}_DATABASE_URL", name, environ, read_url)
    admin = f"{variables}_ADMIN_URL"
    return OtherTarget(
        application=application,
        environment=environment,
        url=url,
        changing_url=read_url(admin) if environ.get(admin) else url,
        migrations=_folder(f"{variables}_MIGRATIONS", name, environ),
        variables=variables,
        obeys_maintenance=yes_or_no(f"{variables}_OBEYS_MAINTENANCE", environ),
    )


def _needed_url(variable: str, name: str, environ: Mapping[str, str], read_url: ReadUrl) -> URL:
    if not environ.get(variable):
        raise SettingError(f"{variable} is missing; it says where the database of {name} is.")
    return read_url(variable)


def yes_or_no(variable: str, environ: Mapping[str, str]) -> bool:
    value = environ.get(variable) or "no"
    if value not in {"yes", "no"}:
        raise SettingError(f"{variable} is “{value}”; it is yes or no.")
    return value == "yes"


def _folder(variable: str, name: str, environ: Mapping[str, str]) -> Path:
    value = environ.get(variable)
    if not value:
        raise SettingError(f"{variable} is missing; it names the Alembic folder of {name}.")
    folder = Path(value).resolve()
    if not ((folder / "env.py").is_file() and (folder / "versions").is_dir()):
        raise SettingError(f"{variable} is “{value}”; there is no env.py with versions/ beside it.")
    return folder
