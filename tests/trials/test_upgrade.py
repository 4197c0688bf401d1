"""The upgrade from the release before, with its data: nothing is lost, nothing is shared by itself.

Both releases run in processes of their own, on one folder of data. `make trials` runs it.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.waiting import wait_until
from tests.trials.earlier_use import NAMES, Earlier, in_use, state, text_of
from tests.trials.files import REPORTS, write_folders
from tests.trials.person import Answer, Person
from tests.trials.release import ROOT, Release, code_of, has_history
from tests.trials.rows import Rows, added, all_rows, changed, lost

BEFORE = "c3ba9bd"
MISSING = f"This clone has no commit {BEFORE}: fetch all of the history for this trial."
SLUGS = (*REPORTS, "written", "only-a-draft")
SET_UP = ("portal", "setup", "--demo", "--studios", "12")
#: What both releases change while they run, and what the upgrade is for.
MAY_CHANGE = {
    *("audit_head.seq", "audit_head.chain", "alembic_version.version_num"),
    *("leases.renewed_at", "leases.expires_at"),
    *("private_links.withdrawn_at", "private_links.withdrawn_by"),
    *("messages.body", "messages.fields", "messages.copy", "messages.seen_hash"),
}
MAY_GROW = {"audit", "audit_personal", "backups", "unshared_reports", "message_links", "leases"}


if not has_history(BEFORE) and os.environ.get("CI") != "true":
    pytest.skip(MISSING, allow_module_level=True)


@dataclass
class Scene:
    """What was, and what is. `still_shown`: what the old site showed Cleo after the set-up."""

    earlier: Earlier
    new: Release
    site: str
    before: Rows
    after: Rows
    checkpoint: Path
    said: list[str]
    old_answers: dict[str, int]
    still_shown: set[str]
    readable: dict[str, set[str]] = field(default_factory=dict)
    home: Answer = Answer(0, "", "")
    listing: Answer = Answer(0, "", "")

    @property
    def unshared(self) -> set[str]:
        """What some client could read and none can now."""
        then = {slug for found in self.earlier.readable.values() for slug in found}
        return then - {slug for found in self.readable.values() for slug in found}

    def page(self, name: str, path: str) -> Answer:
        return self.earlier.people[name].get(path)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    assert has_history(BEFORE), MISSING
    room = tmp_path_factory.mktemp("upgrade")
    settings = {**write_folders(room), "BASE_URL": "http://localhost:8000"}
    old = Release(code_of(BEFORE, room / "code"), room / "data", settings)
    assert (made := old.flask(*SET_UP)).returncode == 0, made.stderr
    new = Release(ROOT, room / "data", settings)
    with in_use(old) as (_site, earlier):
        upgraded = upgrade(old, new, earlier, room / "checkpoint.json")
    with new.web() as site:
        upgraded.site = site
        for person in earlier.people.values():
            person.site = site
        upgraded.readable = {name: set(readable(earlier.people[name])) for name in NAMES}
        upgraded.home = upgraded.page("ana", "/ops")
        upgraded.listing = upgraded.page("ana", "/ops/incidents/unshared")
        yield upgraded


def upgrade(old: Release, new: Release, earlier: Earlier, checkpoint: Path) -> Scene:
    """Set up twice while the old site goes on serving."""
    checkpoint.write_text(old.flask("audit", "checkpoint").stdout, encoding="utf-8")
    before = all_rows(old.data)
    said = []
    for _ in range(2):
        made = new.flask(*SET_UP)
        assert made.returncode == 0, made.stderr
        said.append(made.stdout.strip())
    after = all_rows(new.data)
    doors = {"ana": "/ops", "omar": "/ops/incidents", "cleo": "/client", "lantern": "/client"}
    answers = {name: earlier.people[name].get(path).status for name, path in doors.items()}
    shown = set(readable(earlier.people["cleo"]))
    return Scene(earlier, new, "", before, after, checkpoint, said, answers, shown)


def readable(person: Person) -> dict[str, str]:
    answers = {slug: person.get(f"/client/incidents/{slug}") for slug in SLUGS}
    return {slug: text_of(each) for slug, each in answers.items() if each.status == 200}


def test_every_row_of_before_is_there(scene):
    assert lost(scene.before, scene.after) == []
    assert changed(scene.before, scene.after) <= MAY_CHANGE
    assert set(added(scene.before, scene.after)) <= MAY_GROW
    for table in (
        "document_drafts",
        "document_versions",
        "questions",
        "runs",
        "windows",
        "backups",
    ):
        assert scene.before[table], f"the trial has nothing in {table}"
    assert "brought from 0008 to the newest revision" in scene.said[0]
    assert scene.said[1] == "", "the second time there is nothing to do"


def test_the_audit_log_is_whole_since_before(scene):
    told = scene.new.flask("audit", "verify", "--checkpoint", str(scene.checkpoint))
    assert told.returncode == 0, told.stdout + told.stderr


def test_the_old_site_goes_on_serving_and_knows_no_new_rule(scene):
    """What docs/operator.md says of an upgrade: end the old processes first."""
    assert set(scene.old_answers.values()) == {200}
    assert scene.still_shown == set(scene.earlier.readable["cleo"])


def test_logins_and_passwords_go_on(scene):
    for name in scene.earlier.people:
        door = "/ops" if name in {"ana", "omar"} else "/client"
        answer = scene.page(name, door)
        assert (answer.status, answer.address) == (200, scene.site + door)
    for email, password in scene.earlier.passwords.items():
        answer = Person(scene.site).log_in(email, password)
        assert answer.address in {f"{scene.site}/ops", f"{scene.site}/client"}, answer.said[:300]


def test_no_client_reads_more_than_the_new_rule_gives(scene):
    stated = {"for-clients", "for-all", "two-blocks", "in-capitals"}
    assert scene.readable == {
        "cleo": stated | {"for-harbour"},
        "lantern": stated,
        "tidewater": set(),
    }
    assert "For Lantern" not in scene.page("cleo", "/client/incidents/two-blocks").said
    for name in NAMES:
        assert "disk of" not in scene.page(name, "/client").said


def test_home_lists_what_clients_could_read_and_now_can_not(scene):
    count = len(scene.unshared)
    assert f"{count} reports that clients could read are for staff" in scene.home.said
    boxes = scene.listing.page.select("input[name=report]")
    assert {each["value"] for each in boxes} == scene.unshared
    assert len(scene.unshared) > 15


def test_drafts_open_with_their_words(scene):
    drafts = {"written": "More.", "only-a-draft": "Nobody has read this yet."}
    for slug, words in drafts.items():
        page = scene.page("ana", f"/ops/incidents/{slug}/edit").page
        assert words in page.find("textarea", attrs={"name": "text"}).get_text()
    assert scene.page("ana", "/ops/emails/templates/reply").status == 200


def test_runs_windows_and_questions_are_where_they_were(scene):
    assert "Read what it says" in scene.page("omar", "/ops/runs/2").said
    assert "The weekly change" in scene.page("ana", "/ops/windows").said
    assert "Yes, it is." in scene.page("ana", "/ops/incidents/plain").said
    assert (
        "What was it?"
        in scene.page("ana", "/ops").said + scene.page("ana", "/ops/incidents/for-clients").said
    )


def test_links_open_what_their_reader_may_read_and_the_chosen_reports_are_read_again(scene):
    opened = {
        slug: Person(scene.site).get(link) for slug, (link, _) in scene.earlier.by_link.items()
    }
    assert {slug for slug, each in opened.items() if each.status == 200} == {"for-clients"}
    assert text_of(opened["for-clients"]) == scene.earlier.by_link["for-clients"][1]
    assert Person(scene.site).get(scene.earlier.in_letter).status == 404, "for staff until shared"

    page = scene.listing
    ready = [
        e["value"] for e in page.page.select("input[name=report]") if not e.has_attr("disabled")
    ]
    assert {"plain", "described", "written", "2020-01-02-status-page"} <= set(ready)
    chosen = [slug for slug in ready if slug != "described"]
    look = scene.earlier.people["ana"].press(page, "/ops/incidents/unshared", report=chosen)
    scene.earlier.people["ana"].press(look, "/ops/incidents/unshared")
    assert_read_again(scene, chosen)


def assert_read_again(scene: Scene, chosen: list[str]) -> None:
    """With the same text, by those who could and by the links they have."""
    for name in ("cleo", "lantern"):
        now, then = readable(scene.earlier.people[name]), scene.earlier.readable[name]
        assert set(now) == scene.readable[name] | set(chosen)
        assert {slug: now[slug] for slug in now} == {slug: then[slug] for slug in now}
    assert readable(scene.earlier.people["tidewater"]) == {}, "it reads what names it"
    link, words = scene.earlier.by_link["plain"]
    assert text_of(Person(scene.site).get(link)) == words
    assert text_of(Person(scene.site).get(scene.earlier.in_letter)) == words


def test_each_message_stays_what_it_was_until_the_worker_sends_what_may_leave(scene):
    """Sent stays sent, doubt stays for a person, and a draft leaves only when it is approved."""
    numbers = scene.earlier.messages
    with scene.new.worker():
        wait_until(lambda: state(scene.new, numbers["waiting"]) == "sent", within=60)
    now = {name: state(scene.new, number) for name, number in numbers.items()}
    assert now == {
        "sent": "sent",
        "unknown": "unknown",
        "withdrawn": "withdrawn",
        "waiting": "sent",
        "waiting-unstated": "failed",
        "draft": "draft",
    }
    for number in numbers.values():
        assert scene.page("ana", f"/ops/emails/{number}").status == 200
    refused = scene.page("ana", f"/ops/emails/{numbers['waiting-unstated']}")
    assert "Only staff can read the report" in refused.said, refused.said[:900]
