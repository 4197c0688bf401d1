"""Which reports there are, and who may read which."""

import pytest

from portal.accounts.models import Contact, Organisation, Reading
from portal.core.clock import now
from portal.core.errors import Invalid, NotFound
from portal.core.storage.database import db
from portal.documents.audiences.audience import PUBLIC, STAFF, Audience, Reader
from portal.incidents.reports import (
    all_reports,
    reader_of,
    report_named,
    reports_for,
    unreadable,
    view_for,
)


@pytest.fixture
def acme(app, cleo):
    organisation = Organisation(slug="acme", name="Acme")
    contact = Contact(
        organisation=organisation, account=cleo, name="Cleo", email=cleo.email, salutation="Cleo"
    )
    db.session.add_all([organisation, contact])
    db.session.commit()
    return organisation


def put(write, name, **meta):
    lines = [f"{key}: {value}" for key, value in meta.items()]
    return write("\n".join(["---", *lines, "---", f"# {name}", ""]), name)


@pytest.fixture
def four(write):
    put(write, "for-all", audience="clients")
    put(write, "for-acme", audience="clients", clients="[acme]", date="2026-01-02")
    put(write, "for-beta", audience="clients", clients="[beta]", date="2026-01-03")
    put(write, "ours", audience="internal", date="2026-01-01")
    put(write, "everybodys", audience="public", date="2025-01-01")


def slugs(reports):
    return [report.slug for report in reports]


def test_the_newest_come_first_and_the_undated_last(app, four):
    assert slugs(all_reports()) == ["for-beta", "for-acme", "ours", "everybodys", "for-all"]


def test_folders_below_hold_reports_and_the_one_of_emails_none(app, write):
    write("# A\n", "2026/a")
    write("# B\n", "emails/b")
    assert slugs(all_reports()) == ["2026/a"]
    with pytest.raises(NotFound):
        report_named("emails/b")


def test_staff_read_everything(app, four, omar):
    assert reader_of(omar) == STAFF
    assert len(reports_for(reader_of(omar))) == 5


def test_a_client_reads_what_is_for_all_clients_and_for_their_own(app, four, acme, cleo):
    assert reader_of(cleo) == Reader(Audience.CLIENTS, "acme")
    assert slugs(reports_for(reader_of(cleo))) == ["for-acme", "everybodys", "for-all"]


def test_a_login_without_a_client_reads_what_is_for_all_clients(app, four, cleo):
    assert slugs(reports_for(reader_of(cleo))) == ["everybodys", "for-all"]


def test_an_organisation_may_read_only_what_names_it(app, four, acme, cleo):
    acme.reading = Reading.NAMED
    assert slugs(reports_for(reader_of(cleo))) == ["for-acme"]


@pytest.mark.parametrize("whose", ["contact", "organisation"])
def test_who_is_archived_is_no_client_any_more(app, four, acme, cleo, whose):
    (acme if whose == "organisation" else cleo.contact).archived_at = now()
    assert reader_of(cleo) == PUBLIC
    assert slugs(reports_for(reader_of(cleo))) == ["everybodys"]


def test_what_is_not_for_a_client_is_not_there_for_them(app, four, acme, cleo):
    assert view_for("for-acme", reader_of(cleo)).report.slug == "for-acme"
    said = set()
    for slug in ("for-beta", "ours", "nothing", "../ours"):
        with pytest.raises(NotFound) as error:
            view_for(slug, reader_of(cleo))
        said.add(str(error.value))
    assert len(said) == 1


def test_a_file_that_can_not_be_read_is_named_to_staff_and_not_there_for_clients(
    app, write, omar, cleo
):
    write("---\ntitle: [\n---\n# X\n", "broken")
    assert "broken.md, line 3" in str(unreadable()[0])
    assert all_reports() == []
    with pytest.raises(Invalid):
        view_for("broken", reader_of(omar))
    with pytest.raises(NotFound):
        view_for("broken", reader_of(cleo))


def test_a_changed_file_is_read_again(app, write):
    write("# One\n")
    assert report_named("outage").title == "One"
    write("# Another\n")
    assert report_named("outage").title == "Another"


@pytest.mark.parametrize("slug", ["../runbooks/x", "/etc/passwd", "a/../outage", "", ".", "a\0b"])
def test_whatever_lies_outside_is_not_there(app, write, slug):
    write("# One\n")
    with pytest.raises(NotFound):
        report_named(slug)


def test_nor_is_what_a_link_leads_to(app, folder, tmp_path):
    (tmp_path / "secret.md").write_text("# Secret\n")
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    assert all_reports() == []
    with pytest.raises(NotFound):
        report_named("link")
