"""/metrics: for the named networks alone, quick, and never an error."""

import re
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from portal.app import create_app
from portal.core.clock import now
from portal.core.configuration.networks import networks_setting
from portal.core.configuration.settings import load_settings
from portal.core.errors import SettingError
from portal.core.storage.database import db
from portal.databases.backups.models import Backup
from portal.monitoring.errors.models import ErrorGroup
from portal.monitoring.views import exposition
from tests.monitoring.conftest import Watch

LINE = re.compile(
    r'[a-z_]+(\{[a-z]+="([^"\\\n]|\\.)*"(,[a-z]+="([^"\\\n]|\\.)*")*\})? -?[0-9.e+-]+'
)


@pytest.fixture
def settings(settings):
    return replace(settings, metrics_from=networks_setting("X", "127.0.0.0/8, 10.1.0.0/16, ::1"))


def metrics(client, **more) -> dict[str, float]:
    answer = client.get("/metrics", **more)
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    assert "Set-Cookie" not in answer.headers
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    assert all(LINE.fullmatch(line) for line in lines), lines
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines}


def test_what_is_measured_is_exported(client, watch: Watch, directories):
    db.session.add(
        ErrorGroup(release='a"b\\', kind="E", place="x", count=3, first_at=now(), last_at=now())
    )
    backup = Backup(name="b", target="production", database_uuid="u", file="f", sha256="0",
                    size=1, counts={}, content_digest="0", reason="r", taken_by="a", seconds=1,
                    taken_at=now() - timedelta(hours=1), proven_at=now())  # fmt: skip
    db.session.add(backup)
    db.session.commit()
    watch.round()
    watch.later(10)
    found = metrics(client)
    schema = '{probe="schema:production",kind="schema",target="production"}'
    assert found[f"talkback_probe_up{schema}"] == 0
    assert found[f"talkback_probe_measured_age_seconds{schema}"] == 10
    assert found['talkback_probe_up{probe="machine",kind="machine",target=""}'] == 1
    assert found["talkback_worker_alive"] == 0
    assert found['talkback_operations{state="waiting"}'] == 0
    assert found['talkback_messages{state="unknown"}'] == 0
    assert found['talkback_backup_verified_age_seconds{target="production"}'] == 3610
    assert found['talkback_unhandled_errors{release="a\\"b\\\\"}'] == 3
    assert not any("home:production" in name for name in found)
    assert {name: value for name, value in found.items() if "failed{group" in name and value} == {}
    watch.later(600)
    assert not any(name.startswith("talkback_probe_up") for name in metrics(client))


def test_it_asks_little_and_takes_little(app: Flask, client, watch: Watch, directories):
    watch.round()
    metrics(client)
    asked: list[str] = []
    event.listen(db.engines["ops"], "before_cursor_execute", lambda *of: asked.append(of[2]))
    began = time.thread_time()
    metrics(client)
    assert len(asked) <= 10, asked
    assert time.thread_time() - began < 0.1


@pytest.mark.parametrize(
    ("address", "status"),
    [("127.0.0.1", 200), ("10.1.255.9", 200), ("::1", 200), ("::ffff:10.1.0.1", 200),
     ("10.2.0.1", 404), ("::2", 404), ("", 404)],
)  # fmt: skip
def test_only_named_networks_read_it(client, address, status):
    answer = client.get("/metrics", environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == status


def test_a_proxy_that_is_not_trusted_is_no_door(client):
    assert client.get("/metrics").status_code == 200
    for name in ("X-Forwarded-For", "Forwarded"):
        assert client.get("/metrics", headers={name: "10.1.0.1"}).status_code == 404


def test_a_trusted_proxy_says_who_asks(settings, app):
    behind = create_app(replace(settings, trusted_proxies=1))
    behind.testing = True
    for said, status in (("10.1.0.1", 200), ("10.1.0.1, 8.8.8.8", 404), ("8.8.8.8", 404)):
        answer = behind.test_client().get("/metrics", headers={"X-Forwarded-For": said})
        assert answer.status_code == status, said


def test_what_cant_be_asked_is_left_out_and_named(client, watch, monkeypatch):
    def broken(_at):
        raise RuntimeError

    monkeypatch.setitem(exposition.GROUPS, "messages", broken)
    found = metrics(client)
    assert found['talkback_metrics_failed{group="messages"}'] == 1
    assert found['talkback_metrics_failed{group="errors"}'] == 0
    assert "talkback_worker_alive" in found


def test_without_the_ops_database_it_still_answers(app: Flask, client, settings):
    for engine in db.engines.values():
        engine.dispose()
    (settings.data / "ops.sqlite3").unlink()
    found = metrics(client)
    assert set(found.values()) == {1}


def test_the_setting_is_checked_at_the_start(tmp_path):
    data = {"PORTAL_DATA": str(tmp_path)}
    assert load_settings(data).metrics_from == ()
    for wrong in ("10.0.0.1/8", "prometheus", "10.0.0.0/99"):
        with pytest.raises(SettingError, match="METRICS_FROM can’t be read"):
            load_settings({**data, "METRICS_FROM": wrong})


def test_without_the_setting_there_is_no_such_page(tmp_path):
    app = create_app(load_settings({"PORTAL_DATA": str(tmp_path), "SECRET_KEY": "only for tests"}))
    app.testing = True
    assert app.test_client().get("/metrics").status_code == 404
