"""The databases this process is configured with: a name, what is expected there, and an address.

An address proves nothing. What a database is follows from its own label: see `identity.judge`.
"""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from portal.core.configuration.other_targets import OtherTarget
from portal.core.configuration.settings import OPS, Environment, Settings, settings
from portal.core.errors import NotFound
from portal.databases.migrations import history as revisions
from portal.databases.migrations.history import History

APPLICATION = "studio-directory"


@dataclass(frozen=True)
class Target:
    """Where a database of one application and one environment is expected.

    `url`: used for changes; `site_url`: used for serving, either the same address or another role's
    address of the same database; `migrations`: the Alembic folder of its application;
    `obeys_maintenance`: its processes only read while maintenance mode is on.
    """

    name: str
    application: str
    environment: Environment
    url: URL
    site_url: URL
    variable: str
    admin_variable: str
    migrations: Path
    obeys_maintenance: bool = False

    def __hash__(self) -> int:
        """Hashes the name: equal targets have equal names; hashing a URL renders it as text."""
        return hash(self.name)

    @property
    def is_production(self) -> bool:
        return self.environment is Environment.PRODUCTION

    @property
    def is_directory(self) -> bool:
        """Whether this product serves it; processes of other applications report nothing to us."""
        return self.application == APPLICATION

    @property
    def history(self) -> History:
        return History(self.migrations)


_Known = tuple[Settings, Path, tuple[Target, ...]]
_known: _Known | None = None


def targets(config: Settings | None = None) -> list[Target]:
    """The two directory targets, then those of other applications.

    `config`: the settings; needed outside an application context.
    """
    config = config or settings()
    known = _known
    if known is None or known[0] is not config or known[1] != revisions.FOLDER:
        known = _keep(config)
    return list(known[2])


def _keep(config: Settings) -> _Known:
    """Targets follow from the settings, which never change: built once for each settings object."""
    global _known  # noqa: PLW0603 — one process, one set of settings
    own = [_directory_target(environment, config) for environment in Environment]
    others = [_other_target(other) for other in config.others]
    _known = config, revisions.FOLDER, (*own, *others)
    return _known


def target_named(name: str) -> Target:
    """Raises NotFound, listing the known targets."""
    for target in targets():
        if target.name == name:
            return target
    *others, last = (target.name for target in targets())
    raise NotFound(f"There is no target “{name}”; there are {', '.join(others)} and {last}.")


def served_target() -> Target:
    """The directory that this process serves and that `flask db` works on."""
    return target_named(settings().env.value)


def _directory_target(environment: Environment, config: Settings) -> Target:
    own = environment.value in config.admin_urls
    return Target(
        name=environment.value,
        application=APPLICATION,
        environment=environment,
        url=config.changing_url(environment),
        site_url=config.target_url(environment),
        variable=f"{environment.name}_{'ADMIN' if own else 'DATABASE'}_URL",
        admin_variable=f"{environment.name}_ADMIN_URL",
        migrations=revisions.FOLDER,
        obeys_maintenance=True,
    )


def _other_target(other: OtherTarget) -> Target:
    own = other.changing_url != other.url
    return Target(
        name=other.name,
        application=other.application,
        environment=Environment(other.environment),
        url=other.changing_url,
        site_url=other.url,
        variable=f"{other.variables}_{'ADMIN' if own else 'DATABASE'}_URL",
        admin_variable=f"{other.variables}_ADMIN_URL",
        migrations=other.migrations,
        obeys_maintenance=other.obeys_maintenance,
    )


def url_of(name: str) -> URL:
    """The address of the database that a backup was taken of. Raises NotFound."""
    return settings().ops_changing_url if name == OPS else target_named(name).url


def ops_database() -> Target:
    """The control room's own database as a target, for what it has in common: the two roles."""
    config = settings()
    return Target(
        name=OPS,
        application="control-room",
        environment=config.env,
        url=config.ops_changing_url,
        site_url=config.ops_url,
        variable="OPS_DATABASE_URL",
        admin_variable="OPS_ADMIN_URL",
        migrations=revisions.OPS_FOLDER,
    )
