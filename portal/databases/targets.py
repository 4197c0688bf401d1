"""The databases that this process was told of: a name, what should stand there, and an address.

An address proves nothing. What a database is, it says itself: see `identity.judge`.
"""

from dataclasses import dataclass

from sqlalchemy.engine import URL

from portal.core.errors import NotFound
from portal.core.settings import Environment, Settings, settings

APPLICATION = "studio-directory"


@dataclass(frozen=True)
class Target:
    """A place where a database of one application and one environment should stand."""

    name: str
    application: str
    environment: Environment
    url: URL
    variable: str

    @property
    def is_production(self) -> bool:
        return self.environment is Environment.PRODUCTION


def targets(told: Settings | None = None) -> list[Target]:
    """The directory's two.

    `told`: the settings, where there is no application.
    """
    told = told or settings()
    return [_directory_target(environment, told) for environment in Environment]


def target_named(name: str) -> Target:
    """Raises NotFound, naming the targets there are."""
    for target in targets():
        if target.name == name:
            return target
    names = " and ".join(target.name for target in targets())
    raise NotFound(f"There is no target “{name}”; there are {names}.")


def served_target() -> Target:
    """The directory that this process serves, and that `flask db` is about."""
    return _directory_target(settings().env, settings())


def _directory_target(environment: Environment, told: Settings) -> Target:
    own = environment.value in told.admin_urls
    return Target(
        name=environment.value,
        application=APPLICATION,
        environment=environment,
        url=told.changing_url(environment),
        variable=f"{environment.name}_{'ADMIN' if own else 'DATABASE'}_URL",
    )


OPS = "ops"
"""What backups of the control room's own database are named after; it is no target."""


def url_of(name: str) -> URL:
    """The address of what a backup was taken of. Raises NotFound."""
    return settings().ops_url if name == OPS else target_named(name).url
