"""A visitor reports a problem; only admins read it, and the owner is told nothing."""

from datetime import timedelta
from typing import cast

import pytest
from flask import Flask
from sqlalchemy import select

from portal.core.clock import now
from portal.core.storage.database import db
from portal.databases.policies.maintenance import begin_maintenance
from portal.directory.models import Review, StudioImage, StudioProfile, StudioStatus
from portal.directory.reports.models import ReportAbout
from portal.directory.revisions import WITH_OWNERS
from portal.directory.site_tasks import delete_accounts_that_are_due
from portal.directory.visibility import slug_of
from portal.jobs.models import Operation
from portal.jobs.operations.service import perform
from tests.databases.stage import OMAR
from tests.directory.pages.studios import address_of, make_studio
from tests.directory.reports.conftest import (
    OWNER,
    REVIEWED,
    letters,
    report,
    report_page,
    reports,
)
from tests.support.client import PortalClient
from tests.support.databases import make_database
from tests.support.owners import log_in_site
from tests.support.pages import check_page, words
from tests.support.site_directory import place_directory


def test_a_report_is_stored_once_and_its_sender_reads_what_is_next(
    studio: StudioProfile, visitor: PortalClient
):
    link = visitor.page(address_of(studio)).select_one(f"a[href='{report_page(studio)}']")
    assert "nofollow" in link["rel"]
    form = visitor.get(report_page(studio))
    page = check_page(form.text)
    assert form.headers["Cache-Control"] == "no-store"
    assert page.select_one("meta[name=robots][content=noindex]")
    assert OWNER not in form.text
    said = {each["value"] for each in page.select("#about option")}
    review, image = db.session.scalars(select(Review.id)).one(), studio.images[0].id
    assert said == {"studio", f"review-{review}", f"picture-{image}"}
    for asked in (f"review={review}", f"picture={image}"):
        chosen = visitor.page(f"{report_page(studio)}?{asked}").select_one("option[selected]")
        assert chosen["value"] == asked.replace("=", "-")

    typed = {"about": f"review-{review}", "problem": "offensive", "body": "It is rude.\r\nVery."}
    row = report(visitor, studio, **typed, email="Nora@Example.com")
    assert (row.about, row.about_number) == (ReportAbout.REVIEW, review)
    assert (row.problem, row.body) == ("offensive", "It is rude.\nVery.")
    assert (row.email, row.user_id) == ("nora@example.com", None)
    sent = visitor.page(f"{report_page(studio)}?sent=yes")
    assert "nora@example.com" in words(sent.main)
    assert "does not learn who sent it" in words(sent.main)
    report(visitor, studio, **typed, email="nora@example.com")
    assert len(reports()) == 1
    report(visitor, studio, **typed)
    assert len(reports()) == 2
    assert "no answer comes" in words(visitor.page(f"{report_page(studio)}?sent=yes").main)
    assert letters() == []


def test_who_is_logged_in_is_on_record_and_a_robot_is_not(
    site: Flask, studio: StudioProfile, visitor: PortalClient
):
    log_in_site(visitor, studio.user)
    assert report(visitor, studio).user_id == studio.user_id
    answer = visitor.post(
        report_page(studio), data={"about": "studio", "problem": "spam", "website": "x"}
    )
    assert (answer.status_code, len(reports())) == (303, 1)


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"problem": ""}, "problem", "Choose what the problem is."),
        ({"problem": "other", "body": ""}, "body", "Say what the problem is."),
        ({"body": "x" * 2001}, "body", "At most 2,000 characters"),
        ({"email": "nora"}, "email", "is not an email address"),
        ({"about": "review-999999"}, "about", "not on the studio’s page any more"),
        ({"about": "picture-1\x00' OR 1=1"}, "about", "not on the studio’s page any more"),
    ],
    ids=["no problem", "nothing said", "too long", "no address", "another review", "hostile"],
)
def test_refused_input_comes_back_at_its_field(
    studio: StudioProfile, visitor: PortalClient, typed: dict[str, str], field: str, sentence: str
):
    data = {"about": "studio", "problem": "wrong", "body": "The phone <b>number</b>."} | typed
    answer = visitor.post(report_page(studio), data=data)
    assert answer.status_code == 422
    page = check_page(answer.text)
    assert sentence in words(page.select_one(f"#{field}-error"))
    if "body" not in typed:
        assert page.select_one("#body").text.strip() == "The phone <b>number</b>."
    assert reports() == []


def test_an_old_address_leads_on_with_nothing_but_what_is_asked_about(
    studio: StudioProfile, visitor: PortalClient
):
    odd = "endpoint=x&_method=DELETE&_external=1&_scheme=javascript&_anchor=x&slug=other"
    answer = visitor.get(f"/studios/old-name-{studio.id}/report?review=5&{odd}")
    path = f"/studios/{slug_of(studio.name, studio.id)}/report"
    assert (answer.status_code, answer.location) == (302, f"{path}?review=5")


def test_a_hidden_studio_and_too_many_reports(studio: StudioProfile, visitor: PortalClient):
    for number in range(5):
        report(visitor, studio, body=f"Again {number}")
    answer = visitor.post(report_page(studio), data={"about": "studio", "problem": "closed"})
    assert (answer.status_code, len(reports())) == (429, 5)
    db.session.get_one(StudioProfile, studio.id).status = StudioStatus.INACTIVE
    db.session.commit()
    visitor.page(report_page(studio), status=404)


def test_maintenance_keeps_what_was_typed(app: Flask):
    target, visitor = place_directory(), cast(PortalClient, app.test_client())
    studio = make_studio("Quiet Corner")
    begin_maintenance(target, because="Moving house", by=OMAR)
    notice = visitor.page(report_page(studio)).select_one(".notice")
    assert "nothing that you type is lost" in words(notice)
    data = {"about": "studio", "problem": "wrong", "body": "The city is wrong."}
    answer = visitor.post(report_page(studio), data=data)
    assert answer.status_code == 503
    assert words(check_page(answer.text).select_one("#body")) == "The city is wrong."
    assert reports() == []


def test_a_directory_without_the_tables_has_no_link(app: Flask):
    visitor = cast(PortalClient, app.test_client())
    make_database("development", WITH_OWNERS, studios=3)
    listed = select(StudioProfile).where(
        StudioProfile.status == "active", StudioProfile.is_profile_visible
    )
    studio = db.session.scalars(listed.limit(1)).one()
    assert not visitor.page(address_of(studio)).select(f"a[href='{report_page(studio)}']")
    visitor.page(report_page(studio), status=503)
    assert visitor.post(report_page(studio), data={"problem": "spam"}).status_code == 503


def test_words_of_a_review_are_shortened_and_shown_as_text(
    studio: StudioProfile, visitor: PortalClient
):
    row = db.session.scalars(select(Review)).one()
    row.content, row.is_anonymous = f"<script>alert(1)</script> {'long ' * 40}", True
    image = db.session.scalars(select(StudioImage)).one()
    image.alt_text = "\u202e<img src=x onerror=alert(1)>"
    db.session.commit()
    said = words(visitor.page(report_page(studio)).select_one("#about"))
    assert "Review by Anonymous, 5 of 5: <script>alert(1)</script> long" in said
    assert REVIEWED not in said


def test_the_address_for_an_answer_is_deleted_30_days_after_the_end(app: Flask):
    place_directory()
    visitor, studio = cast(PortalClient, app.test_client()), make_studio("Quiet Corner")
    for n, days in enumerate((29, 31, None)):
        row = report(visitor, studio, email=f"nora{n}@example.com")
        row.decided_at = days and now() - timedelta(days=days)
        db.session.commit()
    delete_accounts_that_are_due()
    [operation] = db.session.scalars(select(Operation)).all()
    perform(operation)
    db.session.commit()
    assert {each.email for each in reports()} == {"nora0@example.com", None, "nora2@example.com"}
    delete_accounts_that_are_due()
    assert len(db.session.scalars(select(Operation)).all()) == 1
