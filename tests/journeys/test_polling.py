"""A page that asks for news by itself stops where it is refused, and rests where nobody looks."""

import threading
import time
from collections.abc import Iterator

import pytest
from flask import Flask, abort, render_template_string
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

POLLS = """{% extends "control.html" %}{% block content %}
<div id="operation" hx-get="/news/operation?after=1" hx-trigger="every 60ms" hx-swap="none"></div>
<table><tr hidden hx-get="/news/log" hx-trigger="every 60ms" hx-swap="none"><td></td></tr></table>
{% endblock %}"""

REFRESHED = """{% extends "control.html" %}{% block main %}
<p id="part-stale" role="status" hidden></p><p id="part-changed" role="status"></p>
<div id="part" data-refreshed hx-get="/refreshed" hx-trigger="every 60ms, look-again from:body"
     hx-select="#part" hx-target="this" hx-swap="outerHTML">
<h1>{% block heading %}{{ word }}{% endblock %}</h1><time data-age="9">9 s ago</time>
<details id="more"><summary>More</summary>{{ word }}</details><a href="/one">{{ word }}</a>
<a href="/two">Two</a></div>{% endblock %}"""


class News:
    """What is answered, by what is asked for, and how often each was."""

    def __init__(self) -> None:
        self.status = {"operation": 200, "log": 200}
        self.asked = {"operation": 0, "log": 0}
        self.answers = threading.Event()
        self.answers.set()

    def refresh(self) -> str:
        self.answers.wait(30)
        if self.show("operation"):
            return "A page of another place."
        return render_template_string(REFRESHED, word=self.word)

    word = "Up"

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
    app.add_url_rule("/refreshed", "refreshed", told.refresh)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever).start()
    app.config["POLLS"] = f"http://127.0.0.1:{server.port}/polls"
    yield told
    server.shutdown()
    server.server_close()


def asked_in(page: Page, news: News, milliseconds: int) -> dict[str, int]:
    """By the page's own clock; what it asks for meanwhile is on its way for a moment."""
    before = dict(news.asked)
    page.clock.run_for(milliseconds)
    time.sleep(0.3)
    return {what: count - before[what] for what, count in news.asked.items()}


def test_refusals_end_it_and_hidden_tabs_rest(browser: Browser, app: Flask, news: News) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.clock.install()
    page.goto(app.config["POLLS"])
    assert all(asked_in(page, news, 1500).values())

    page.evaluate(
        "Object.defineProperty(document, 'hidden', { get: () => true, configurable: true })"
    )
    asked_in(page, news, 100)
    assert not any(asked_in(page, news, 600).values()), "nobody looks"
    page.evaluate("delete document.hidden")
    assert all(asked_in(page, news, 1000).values())

    news.status["operation"], news.status["log"] = 404, 503
    gone = page.get_by_text("what this page followed is gone")
    asked_in(page, news, 200)
    asked_in(page, news, 200)
    gone.wait_for()
    counts = asked_in(page, news, 600)
    assert counts == {"operation": 0, "log": 0}, "one ended, the other rests for five seconds"
    news.status["log"] = 403
    assert asked_in(page, news, 5500)["log"], "after these seconds it asks again"
    asked_in(page, news, 200)
    page.get_by_text("this account may not see it any more").wait_for()
    assert not any(asked_in(page, news, 5500).values())
    assert page.locator("[role=status].wary").count() == 2
    assert gone.count() == 1
    context.close()


def test_a_part_that_refreshes_keeps_the_focus_and_says_when_it_cannot(
    browser: Browser, app: Flask, news: News
) -> None:
    page = browser.new_context().new_page()
    page.clock.install()
    page.goto(app.config["POLLS"].replace("/polls", "/refreshed"))
    part, stale = page.locator("#part"), page.locator("#part-stale")
    page.locator("summary").click()
    page.locator("a[href='/two']").focus()
    news.word = "Down"
    asked_in(page, news, 400)
    assert part.locator("h1").inner_text() == "Down"
    assert page.title().startswith("Down")
    assert page.locator("#part-changed").inner_text() == "Down", "a screen reader says it"
    assert page.evaluate("document.activeElement.getAttribute('href')") == "/two"
    assert page.locator("#more").evaluate("each => each.open")

    page.evaluate(
        "Object.defineProperty(document, 'hidden', { get: () => true, configurable: true })"
    )
    asked_in(page, news, 100)
    assert not any(asked_in(page, news, 40_000).values()), "no one looks, also not after a while"
    assert 45 <= int(part.locator("time").inner_text().removesuffix(" s ago")) <= 50
    page.evaluate("delete document.hidden")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert any(asked_in(page, news, 100).values())

    news.status["operation"] = 503
    asked_in(page, news, 6000)
    asked_in(page, news, 200)
    assert "the server answers 503. What is shown may be out of date." in stale.inner_text()
    assert part.locator("h1").inner_text() == "Down"
    news.status["operation"] = 200
    asked_in(page, news, 6000)
    assert stale.is_hidden()

    news.answers.clear()
    asked_in(page, news, 50_000)
    assert stale.is_hidden()
    asked_in(page, news, 20_000)
    assert "the server does not answer." in stale.inner_text(), "it hangs, and ends no request"
    news.answers.set()
    asked_in(page, news, 6000)
    assert stale.is_hidden()
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#part h1'))")
    asked_in(page, news, 70_000)
    assert "something in it is typed or marked." in stale.inner_text()
    page.context.close()
