"""HEARTBEAT_URL is called while the worker works, and not when it only runs."""

import time
from dataclasses import replace

import pytest
from flask import Flask

from portal.core.configuration.settings import load_settings, settings
from portal.core.errors import SettingError
from portal.jobs.worker import each_second, health
from portal.jobs.worker.each_second import every_tick, run_ticks
from portal.jobs.worker.health import is_working, note_round, watch_consumers
from portal.monitoring import heartbeat
from portal.monitoring.heartbeat import call, call_heartbeat
from tests.support.waiting import wait_until
from tests.support.webhook import Webhook

KEY = "4711-secret"


@pytest.fixture(autouse=True)
def fresh(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_rounds", {})
    monkeypatch.setattr(health, "_consumers", [])
    monkeypatch.setattr(each_second, "_ticks", {})
    monkeypatch.setattr(heartbeat, "_next", 0.0)
    monkeypatch.setattr(heartbeat, "_running", None)


def everything_works() -> None:
    note_round("queue", succeeded=True)
    watch_consumers([lambda: True])
    run_ticks()


def test_it_is_called_once_a_minute_without_delaying_the_worker(app: Flask) -> None:
    everything_works()
    every_tick(call_heartbeat)
    with Webhook().running() as hook:
        hook.hold.clear()  # it hangs
        url = f"http://127.0.0.1:{hook.port}/{KEY}"
        app.extensions["portal.settings"] = replace(settings(), heartbeat_url=url)
        began = time.thread_time()
        run_ticks()
        run_ticks()
        assert time.thread_time() - began < 1
        wait_until(lambda: hook.paths)
        heartbeat._next = 0.0
        run_ticks()
        hook.hold.set()
        thread = heartbeat._running
        assert thread is not None
        thread.join(10)
        assert hook.paths == [f"/{KEY}"]
        run_ticks()
        heartbeat._running.join(10)
        assert len(hook.paths) == 2


def _breaks() -> None:
    raise ValueError("a fault")


@pytest.mark.parametrize("failing", ["nothing noted", "a tick", "queue", "consumer", "old"])
def test_it_is_silent_when_the_worker_does_not_work(app: Flask, failing: str) -> None:
    if failing != "nothing noted":
        everything_works()
        assert is_working()
    if failing == "a tick":
        every_tick(_breaks)
        run_ticks()
    if failing == "queue":
        note_round("queue", succeeded=False)
    if failing == "consumer":
        watch_consumers([lambda: True, lambda: False])
    if failing == "old":
        health._rounds["ticks"] = time.monotonic() - 60, True
    assert not is_working()
    app.extensions["portal.settings"] = replace(settings(), heartbeat_url="http://127.0.0.1:9/x")
    call_heartbeat()
    assert heartbeat._running is None


def test_failures_are_logged_once_and_without_the_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Webhook().running() as hook:
        hook.status = 500
        for _ in range(3):
            assert not call(f"http://127.0.0.1:{hook.port}/{KEY}")
        hook.status = 200
        caplog.set_level("INFO")
        assert call(f"http://127.0.0.1:{hook.port}/{KEY}")
        port = hook.port
    assert not call(f"http://127.0.0.1:{port}/{KEY}", limit=1)
    said = [each.message for each in caplog.records if each.name == "portal.monitoring.heartbeat"]
    assert said[0] == "HEARTBEAT_URL answered with 500."
    assert said[1].startswith("Over, ")
    assert said[2] == "HEARTBEAT_URL could not be called: ConnectionRefusedError."
    assert len(said) == 3
    assert KEY not in caplog.text


@pytest.mark.parametrize("name", ["HEARTBEAT_URL", "SENTRY_DSN"])
@pytest.mark.parametrize(
    "value",
    [
        *("nonsense-4711", "ftp://example.com/4711", "https://", "https://exa mple.com/4711"),
        *("http://[4711", "https://example.com:port/4711", "https://key:4711@/x"),
    ],
)
def test_a_wrong_setting_is_said_without_its_value(name: str, value: str) -> None:
    with pytest.raises(SettingError) as said:
        load_settings({name: value})
    assert name in str(said.value)
    assert "4711" not in str(said.value)


def test_settings_do_not_show_what_may_be_a_key() -> None:
    found = load_settings(
        {"HEARTBEAT_URL": f"https://example.com/{KEY}", "SENTRY_DSN": f"https://{KEY}@e.example/1"}
    )
    assert (found.heartbeat_url, found.sentry_dsn) == (
        f"https://example.com/{KEY}",
        f"https://{KEY}@e.example/1",
    )
    assert KEY not in repr(found)
    assert load_settings({}).heartbeat_url is None
