"""docs/going-live.md, carried out command by command on a scratch machine, and what comes after.

Everything is real: packages, PostgreSQL, two system users, Caddy with TLS, an SMTP server, an
object store. Only `systemctl` is ours (`units.py`), certificates are Caddy's own, and what a person
types is below. The tests go on where the one before ended, in this order (`-p no:randomly`).
"""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.house.tree import ROOT
from tests.support.alembic import HEAD
from tests.support.mail import MailServer
from tests.trials.legacy_dump import legacy_dump
from tests.trials.scratch_machine import Failed, ScratchMachine, scratch_machine

GUIDE = ROOT / "docs" / "going-live.md"
SITES, WORKER = "sites-word-3f1c", "worker-word-88ad"
PASSWORD = "a-long-word-of-anas-own-31"
HANDED_OVER = "first-word-of-the-terminal-7"
ANSWERS = {
    "Email address:": "ana@studios.example",
    "Name:": "Ana",
    "Password (empty: one is made):": HANDED_OVER,
    "Once more:": HANDED_OVER,
    "Type ADOPT PRODUCTION:": "ADOPT PRODUCTION",
    "Why:": "Going live",
    "New password:": PASSWORD,
    "The new password again:": PASSWORD,
    "Type MIGRATE PRODUCTION:": "MIGRATE PRODUCTION",
    "Type the database's name, production:": "production",
    "Type RESTORE PRODUCTION:": "RESTORE PRODUCTION",
}
MAKE_RELEASE = """
mkdir -p /srv/talkback/releases/{n}
tar -x -C /srv/talkback/releases/{n} -f /tmp/release.tar
"""
STORE = """
python3 -m venv /opt/store
/opt/store/bin/pip install --quiet 'moto[server]==5.2.5'
(setsid /opt/store/bin/moto_server -H 127.0.0.1 -p 9321 > /tmp/store.log 2>&1 &)
until curl --silent --output /dev/null http://127.0.0.1:9321/; do sleep 0.2; done
curl --fail --silent --request PUT http://127.0.0.1:9321/talkback-backups
"""


@dataclass
class Live:
    machine: ScratchMachine
    mail: MailServer
    printed: dict[str, str]


def blocks() -> list[tuple[str, str]]:
    """The number of the section and the commands of each block of the guide, in order."""
    found, section = [], ""
    for heading, block in re.findall(
        r"^## (\d+)\.|^```sh\n(.*?)^```", GUIDE.read_text("utf-8"), re.M | re.S
    ):
        section = heading or section
        if block:
            found.append((section, block))
    return found


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    with scratch_machine() as machine, MailServer().running() as mail:
        made = Live(machine, mail, {})
        for section, block in blocks():
            if section not in made.printed:
                BEFORE.get(section, lambda _: None)(made)
            script = block.replace("PASSWORD-OF-THE-SITES", SITES)
            script = script.replace("PASSWORD-OF-THE-WORKER", WORKER)
            # Until the first change `check` says that production is behind.
            script = re.sub(r"^(talkback databases check)$", r"\1 || true", script, flags=re.M)
            try:
                said = machine.run(f"export HOME=/root\n{script}", ANSWERS)
            except Failed as fault:
                raise Failed(
                    f"{fault}\n{machine.run('tail -n 20 /run/units/*.log || true')}"
                ) from None
            made.printed[section] = made.printed.get(section, "") + said
        yield made


def bring_the_release(live: Live) -> None:
    file = Path(tempfile.mkdtemp(prefix="release-")) / "release.tar"
    subprocess.run(["git", "archive", f"--output={file}", "HEAD"], cwd=ROOT, check=True)
    live.machine.take(file, "/tmp/release.tar")
    live.machine.run(MAKE_RELEASE.format(n=1))


def edit_the_settings(live: Live) -> None:
    live.machine.run(STORE)
    for file, lines in {
        "talkback.env": {
            "SECRET_KEY": "8f" * 32,
            "MAIL_URL": f"smtp://127.0.0.1:{live.mail.port}?from=desk@studios.example",
            "BACKUP_URL": "s3://talkback-backups/production?endpoint_url=http://127.0.0.1:9321",
        },
        "worker.env": {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"},
    }.items():
        text = live.machine.read(f"/etc/talkback/{file}")
        for name, value in lines.items():
            text, changed = re.subn(rf"^{name}='.*'$", f"{name}='{value}'", text, flags=re.M)
            assert changed == 1, name
        text = re.sub(r"(talkback_site):PASSWORD", rf"\1:{SITES}", text)
        text = re.sub(r"(talkback_worker):PASSWORD", rf"\1:{WORKER}", text)
        live.machine.write(f"/etc/talkback/{file}", text)
    live.machine.run("echo '127.0.0.1 studios.example development.studios.example' >> /etc/hosts")
    live.machine.run("pg_ctlcluster $(ls /etc/postgresql) main start || true")
    bring_the_legacy_directory(live)


def bring_the_legacy_directory(live: Live) -> None:
    dump = legacy_dump()
    live.machine.take(dump, "/tmp/legacy.sql")
    live.machine.run(
        "runuser -u postgres -- createuser olduser\n"
        "runuser -u postgres -- createdb --owner olduser directory\n"
        "chmod 644 /tmp/legacy.sql\n"
        "runuser -u postgres -- psql -q -v ON_ERROR_STOP=1 -d directory -c 'SET ROLE olduser'"
        " -f /tmp/legacy.sql > /dev/null"
    )


def own_certificates(live: Live) -> None:
    """Certificates by Caddy itself: nobody outside can reach this machine."""
    path = "/srv/talkback/current/deploy/Caddyfile"
    text = live.machine.read(path)
    live.machine.write(path, text.replace("{\n", "{\n\tlocal_certs\n\tskip_install_trust\n", 1))


BEFORE = {"3": bring_the_release, "5": edit_the_settings, "9": own_certificates}


@pytest.fixture(scope="module")
def ana(live: Live) -> dict[str, str]:
    """What she types once she has a password of her own, which the first restore asks her for."""
    backup = newest_backup(live, "production")
    first = ANSWERS | {"Password:": HANDED_OVER}
    said = live.machine.run(
        "talkback databases maintenance production on --reason 'A restore is tried'\n"
        f"talkback databases restore production {backup}\n"
        "talkback databases maintenance production off",
        first,
    )
    assert "Choose one of your own first" in said
    return ANSWERS | {"Password:": PASSWORD}


def newest_backup(live: Live, target: str) -> str:
    listed = live.machine.run(f"talkback databases store {target}")
    return str(re.findall(rf"{target}-[0-9-]+-[0-9a-f]{{4}}", listed)[0])


def status(live: Live, address: str) -> str:
    words = "curl --silent --insecure --output /dev/null --write-out '%{http_code}'"
    return live.machine.run(f"{words} {address}")


def test_both_sites_answer_behind_tls(live: Live) -> None:
    assert status(live, "https://studios.example/ops/login") == "200"
    assert status(live, "https://studios.example/studios") == "503"
    assert status(live, "https://development.studios.example/studios") == "200"


def test_the_sites_user_reads_neither_key_nor_admin_addresses(live: Live) -> None:
    become = "setpriv --reuid=talkback-site --regid=talkback --init-groups"
    for file in ("/var/lib/talkback/backup-key", "/etc/talkback/worker.env"):
        with pytest.raises(Failed, match="Permission denied"):
            live.machine.run(f"{become} cat {file}")


def test_the_store_has_a_copy_of_each(live: Live) -> None:
    assert "production-" in live.printed["10"]
    assert "ops-" in live.machine.run("talkback databases store ops")


SERVER = "pg_ctlcluster $(ls /etc/postgresql) main"
STOPPED_IN_THE_CHANGE = f"""
(until grep -q 'Change production' /tmp/change; do sleep 0.05; done
 sleep 0.7; {SERVER} stop -m immediate; sleep 3; {SERVER} start) &
talkback databases maintenance production on --reason 'The founding change'
talkback databases migrate production | tee /tmp/change || echo "It ended with $?"
wait
"""
STOPPED_UNDER_LOAD = f"""
rm -f /tmp/enough
(while [ ! -e /tmp/enough ]; do
    curl -ks -m 20 -o /dev/null -w '%{{http_code}}\\n' https://studios.example/studios?q=$RANDOM
done > /tmp/answers) &
sleep 2; {SERVER} stop -m immediate; sleep 6; {SERVER} start
curl -fksS -o /dev/null --retry 60 --retry-all-errors https://studios.example/readyz
sleep 2
touch /tmp/enough
wait
sort /tmp/answers | uniq -c
"""


def test_a_server_that_stops_in_the_change_leaves_all_or_nothing(
    live: Live, ana: dict[str, str]
) -> None:
    said = live.machine.run(STOPPED_IN_THE_CHANGE, ana)
    assert "It ended with 1" in said
    assert "Traceback" not in said
    assert revision(live) in {"0001", HEAD}


def revision(live: Live) -> str:
    status_ = live.machine.run("talkback databases status")
    production = status_.partition("production\r\n")[2]
    return str(re.findall(r"revision: (\w+)", production)[0])


def test_the_founding_change(live: Live, ana: dict[str, str]) -> None:
    if revision(live) != HEAD:
        live.machine.run("talkback databases migrate production", ana)
    live.machine.run("talkback databases maintenance production off", ana)
    live.machine.run("curl --retry 30 --retry-all-errors -fksS https://studios.example/studios")
    assert status(live, "https://studios.example/readyz") == "200"
    assert revision(live) == HEAD


def test_a_server_that_stops_under_load_is_503_and_comes_back(live: Live) -> None:
    said = live.machine.run(STOPPED_UNDER_LOAD)
    answers = dict(reversed(each) for each in re.findall(r"^ +(\d+) (\d{3})\s*$", said, re.M))
    assert answers.keys() <= {"200", "503"}
    assert {"200", "503"} <= answers.keys()


def test_production_is_synced_to_development(live: Live, ana: dict[str, str]) -> None:
    live.machine.run("talkback databases sync", ana)
    page = live.machine.run("curl --silent --insecure https://development.studios.example/studios")
    assert "642" in page


OPERATOR = ROOT / "docs" / "operator.md"
ROLLING = """
mkdir -p /srv/talkback/releases/2
tar -x -C /srv/talkback/releases/2 -f /tmp/release.tar
echo "# Another release." >> /srv/talkback/releases/2/portal/features.py
rm -f /tmp/enough
(while [ ! -e /tmp/enough ]; do
    curl -ks -o /dev/null -w '%{{http_code}}\\n' https://studios.example/studios?q=$RANDOM
done > /tmp/answers) &
{upgrading}
sleep 2
touch /tmp/enough
wait
sort /tmp/answers | uniq -c
talkback databases status
"""


def upgrading() -> str:
    """The commands of docs/operator.md, “Upgrading”, for the folders of the guide."""
    section = OPERATOR.read_text("utf-8").partition("\n## Upgrading\n")[2]
    found = re.search(r"^```sh\n(.*?)^```", section, re.M | re.S)
    assert found
    return found[1]


def test_a_rolling_upgrade_fails_no_request(live: Live, ana: dict[str, str]) -> None:
    said = live.machine.run(ROLLING.format(upgrading=upgrading()), ana)
    answers = dict(reversed(each) for each in re.findall(r"^ +(\d+) (\d{3})\s*$", said, re.M))
    assert answers.keys() == {"200"}, said
    assert int(answers["200"]) > 20


LOST = """
systemctl stop talkback-worker talkback-site@8000 talkback-site@8001 talkback-development
for database in talkback_ops directory directory_development; do
    runuser -u postgres -- dropdb --force $database
done
cp /var/lib/talkback/backup-key /var/tmp/kept-key
rm -rf /var/lib/talkback
"""
FROM_STORE = """
install -d -o talkback-worker -g talkback -m 2770 /var/lib/talkback
install -o talkback-worker -g talkback -m 600 /var/tmp/kept-key /var/lib/talkback/backup-key
talkback portal setup
talkback accounts create --role admin
talkback databases fetch {backup}
talkback databases restore production {backup}
talkback databases adopt production
talkback databases roles production
systemctl start talkback-worker talkback-site@8000 talkback-site@8001 talkback-development
curl -fksS -o /dev/null --retry 60 --retry-all-errors https://studios.example/readyz
"""


def test_another_machine_comes_from_the_store_and_the_key(live: Live, ana: dict[str, str]) -> None:
    live.machine.run("talkback databases backup production\ntalkback databases upload", ana)
    backup = newest_backup(live, "production")
    live.machine.run(LOST)
    first = ANSWERS | {
        "Password:": HANDED_OVER,
        "Type TAKE OVER PRODUCTION:": "TAKE OVER PRODUCTION",
    }
    live.machine.run(FROM_STORE.format(backup=backup), first)
    assert status(live, "https://studios.example/studios") == "200"
