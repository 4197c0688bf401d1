"""A page that asks for news by itself stops where it is refused, and rests where nobody looks."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask, abort, render_template_string
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

POLLS = """{% extends "control.html" %}{% block content %}
<div id="operation" hx-get="/news/operation?after=1" hx-trigger="every 60ms" hx-swap="none"></div>
<table><tr hidden hx-get="/news/log" hx-trigger="every 60ms" hx-swap="none"><td></td></tr></table>
{% endblock %}"""


class News:
    """What is answered, by what is asked for, and how often each was."""

    def __init__(self) -> None:
        self.status = {"operation": 200, "log": 200}
        self.asked = {"operation": 0, "log": 0}

    def show(self, what: str) -> str:
        self.asked[what] += 1
        if self.status[what] != 200:
            abort(self.status[what])
        return ""


@pytest.fixture
def news(app: Flask) -> Iterator[News]:
    told = News()
    app.add_url_rule("/polls", "polls", lambda: render_template_string(POLLS))
    app.add_url_rule("/news/<what>", "news", told.show)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever).start()
    app.config["POLLS"] = f"http://127.0.0.1:{server.port}/polls"
    yield told
    server.shutdown()
    server.server_close()


def asked_in(page: Page, news: News, milliseconds: int) -> dict[str, int]:
    before = dict(news.asked)
    page.wait_for_timeout(milliseconds)
    return {what: count - before[what] for what, count in news.asked.items()}


def test_refusals_end_it_and_hidden_tabs_rest(browser: Browser, app: Flask, news: News) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(app.config["POLLS"])
    assert all(asked_in(page, news, 1500).values())

    page.evaluate(
        "Object.defineProperty(document, 'hidden', { get: () => true, configurable: true })"
    )
    page.wait_for_timeout(100)
    assert not any(asked_in(page, news, 600).values()), "nobody looks"
    page.evaluate("delete document.hidden")
    assert all(asked_in(page, news, 1000).values())

    news.status["operation"], news.status["log"] = 404, 503
    gone = page.get_by_text("what this page followed is gone")
    gone.wait_for()
    page.wait_for_timeout(200)
    counts = asked_in(page, news, 600)
    assert counts == {"operation": 0, "log": 0}, "one ended, the other rests for five seconds"
    news.status["log"] = 403
    page.get_by_text("this account may not see it any more").wait_for(timeout=15000)
    page.wait_for_timeout(200)
    assert not any(asked_in(page, news, 5500).values())
    assert page.locator("[role=status].wary").count() == 2
    assert gone.count() == 1
    context.close()
