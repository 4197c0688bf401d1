"""Home says to admins what waits in the directory, and never fails because of it."""

from flask import Flask

from portal.directory.revisions import WITH_OWNERS
from tests.directory.pages.studios import make_studio
from tests.directory.queue.conftest import waiting_picture, waiting_review
from tests.directory.reports.conftest import report
from tests.support.cast import log_in, make_account
from tests.support.databases import make_database
from tests.support.pages import check_page, words
from tests.support.site_directory import place_directory

SAID = "1 review, 1 picture and 1 report wait in the directory of development."


def home(app: Flask, name: str) -> str:
    client = app.test_client()
    log_in(client, make_account(name))
    page = check_page(client.get("/ops").text)
    return words(page.select_one("section[aria-labelledby=waiting]"))


def test_an_admin_reads_what_waits(app: Flask):
    place_directory()
    assert "Nothing." in home(app, "ana")
    studio = make_studio("Quiet Corner", pictures=("/images/" + "cd" * 16 + ".webp",))
    waiting_review(studio)
    waiting_picture(studio)
    report(app.test_client(), studio)
    assert f"{SAID} Open the queue" in home(app, "ana")
    assert "wait in the directory of development" not in home(app, "omar")


def test_home_says_nothing_before_the_tables_are_there(app: Flask):
    make_database("development", WITH_OWNERS, studios=1)
    assert "Nothing." in home(app, "ana")
