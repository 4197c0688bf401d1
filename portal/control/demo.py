"""The demo: four logins, and two directories with the history of a failed change."""

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from portal.accounts.login.passwords import generate_password, hash_password
from portal.accounts.models import Role
from portal.accounts.queries import all_accounts
from portal.accounts.service import create_account
from portal.audit.actor import Actor
from portal.core.configuration.settings import settings
from portal.core.files.private import write_once
from portal.core.storage.database import db
from portal.databases.engines import engine_for
from portal.databases.policies.maintenance import notice
from portal.databases.public_version.version import raise_version
from portal.databases.targets.config import Target, target_named
from portal.databases.targets.creation import create_database
from portal.databases.targets.registry import registered_target
from portal.directory.demo import fill_for_staff, fill_legacy, write_demo_images
from portal.directory.demo.picture_names import PICTURE_NAMES
from portal.monitoring.probes.models import ProbeKind
from portal.monitoring.service import name_probe, set_public_address

LEGACY = "0001"
STAFF = {
    "admin": ("ana@talkback.example", "Ana", Role.ADMIN),
    "ops": ("omar@talkback.example", "Omar", Role.OPS),
    "client": ("cleo@client.example", "Cleo", Role.CLIENT),
}
OWNER = "ben@studio.example"
LOCAL = "http://localhost:"


@dataclass(frozen=True)
class Login:
    email: str
    password: str


def logins_file() -> Path:
    return settings().data / "demo-accounts.json"


def demo_logins() -> dict[str, Login]:
    """The demo's logins by role; generated, with their accounts, at the first call."""
    if logins_file().exists():
        kept = json.loads(logins_file().read_text())
        return {role: Login(**login) for role, login in kept.items()}
    return _write({role: Login(email, generate_password()) for role, email in _emails().items()})


def create_demo_accounts(*, by: Actor) -> None:
    logins = demo_logins()
    for role, (email, name, kind) in _missing().items():
        password = logins[role].password
        create_account(email=email, name=name, role=kind, password=password, by=by, by_setup=True)
    db.session.commit()


def create_demo_directory(target: Target, *, studios: int, by: Actor) -> None:
    """Create a directory at the legacy schema, and fill it in the same transaction."""
    login = demo_logins()["owner"]
    fill = partial(fill_legacy, studios=studios, owner=(login.email, hash_password(login.password)))
    create_database(target, by=by, revision=LEGACY, fill=fill)


def fill_demo_queue(target: Target) -> None:
    """What waits for staff, where the tables for it are there; harmless to do twice."""
    engine = engine_for(target.url)
    with engine.changing() as connection:
        if notice(connection) is None and fill_for_staff(connection):
            raise_version(connection)


def set_demo_addresses(*, by: Actor) -> None:
    """Where the sites of `make run` are, unless an admin set another address. Commits."""
    config = settings()
    for name, port in (("development", config.port), ("production", config.port + 1)):
        row = registered_target(name)
        if row and (row.public_address or LOCAL).startswith(LOCAL):
            set_public_address(target_named(name), f"{LOCAL}{port}", by=by)
    name_probe(ProbeKind.HOME, "production", config.site_name)
    db.session.commit()


def has_demo_images() -> bool:
    return all((images_folder() / name).exists() for name in PICTURE_NAMES)


def create_demo_images() -> None:
    write_demo_images(images_folder())


def images_folder() -> Path:
    return settings().data / "images"


def _missing() -> dict[str, tuple[str, str, Role]]:
    there = {account.email for account in all_accounts()}
    return {role: person for role, person in STAFF.items() if person[0] not in there}


def has_demo_accounts() -> bool:
    return not _missing()


def _emails() -> dict[str, str]:
    return {role: email for role, (email, _, _) in STAFF.items()} | {"owner": OWNER}


def _write(logins: dict[str, Login]) -> dict[str, Login]:
    readable = {role: login.__dict__ for role, login in logins.items()}
    write_once(logins_file(), json.dumps(readable, indent=2).encode())
    return logins
