"""`flask accounts …`"""

import pytest
from sqlalchemy import select

from portal.accounts.login.passwords import fits
from portal.accounts.models import Account, Role
from portal.audit.models import AuditEntry
from portal.core.storage.database import db
from tests.support.cast import log_in, make_account


@pytest.fixture
def run(app):
    def invoke(*words: str, typed: str = ""):
        db.session.commit()
        return app.test_cli_runner().invoke(args=["accounts", *words], input=typed)

    return invoke


ASKED = "nia@example.com\nNia\nadmin\n"


def test_create_asks_and_prints_the_password_it_made(run):
    done = run("create", typed=f"{ASKED}\n")
    assert done.exit_code == 0, done.output
    account = db.session.scalar(select(Account))
    assert (account.email, account.name, account.role) == ("nia@example.com", "Nia", Role.ADMIN)
    password = done.output.rpartition("Password: ")[2].strip()
    assert fits(password, account.password_hash)
    entry = db.session.scalar(select(AuditEntry))
    assert (entry.action, entry.actor_role) == ("account.created", "console")


def test_create_takes_a_password_and_does_not_print_it(run):
    done = run("create", typed=f"{ASKED}a sentence of words\na sentence of words\n")
    assert done.exit_code == 0, done.output
    assert "a sentence of words" not in done.output
    assert fits("a sentence of words", db.session.scalar(select(Account)).password_hash)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (f"{ASKED}password1\npassword1\n", "Error: This password is one of the first"),
        ("nobody\nNia\nadmin\n\n", "Error: “nobody” is not an email address."),
        (f"{ASKED}one of these two\nthe other one\n", "Error: The two passwords are not the same."),
    ],
)
def test_a_refusal_is_one_line(run, typed, sentence):
    done = run("create", typed=typed)
    assert done.exit_code == 1
    assert sentence in done.output
    assert "Traceback" not in done.output
    assert db.session.scalar(select(Account)) is None


def test_list(run):
    make_account("omar")
    make_account("ana").disabled_at = make_account("ana").created_at
    assert run("list").output.splitlines() == [
        "ops     active    omar@example.com  Omar",
        "admin   disabled  ana@example.com  Ana",
    ]


def test_disable_and_enable(run, client):
    omar = make_account("omar")
    log_in(client, omar)
    assert run("disable", "Omar@example.com").exit_code == 0
    assert client.get("/ops/sessions").status_code == 303
    db.session.refresh(omar)
    assert omar.is_disabled
    assert run("enable", "omar@example.com").exit_code == 0
    db.session.refresh(omar)
    assert not omar.is_disabled


def test_the_last_administrator_stays(run):
    make_account("ana")
    done = run("disable", "ana@example.com")
    assert done.exit_code == 1
    assert "Make somebody else an administrator first." in done.output


def test_reset_password(run):
    omar = make_account("omar")
    password = run("reset-password", "omar@example.com").output.removeprefix("Password: ").strip()
    db.session.refresh(omar)
    assert fits(password, omar.password_hash)


def test_no_account_of_that_address(run):
    for command in ("disable", "enable", "reset-password"):
        done = run(command, "nobody@example.com")
        assert (done.exit_code, done.output) == (
            1,
            "Error: There is no account for nobody@example.com.\n",
        )
