"""What people do with a release before it is replaced, by its own pages and processes.

They leave nothing tidy: drafts, open questions, messages in every state, a run in the middle.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.parser import BytesParser
from email.policy import default

from tests.support.mail import MailServer
from tests.support.waiting import wait_until
from tests.trials.files import REPORTS, report
from tests.trials.person import Person, logins
from tests.trials.release import Release

BROWSER_REPORT = report("Written", more="\nPublished in the browser.\n")
DRAFT = "# A draft of Ana's\n\nNobody has read this yet.\n"
LINKED = ("plain", "for-clients", "for-staff", "near-miss", "named-lantern")
NAMES = ("cleo", "lantern", "tidewater")


@dataclass
class Earlier:
    """What is known of the time before: who read what, which links were sent, what waits."""

    people: dict[str, Person] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    readable: dict[str, dict[str, str]] = field(default_factory=dict)
    by_link: dict[str, tuple[str, str]] = field(default_factory=dict)
    in_letter: str = ""
    messages: dict[str, int] = field(default_factory=dict)


@contextmanager
def in_use(release: Release) -> Iterator[tuple[str, Earlier]]:
    """The release's site goes on after all that was done: it ends with the block."""
    earlier = Earlier()
    with release.web() as site:
        everybody_logs_in(release, site, earlier)
        write_documents(earlier.people["ana"])
        clients_read_and_ask(earlier)
        make_links(earlier.people["ana"], earlier)
        write_messages(release, earlier)
        follow_runbooks(earlier.people["omar"])
        announce_window(earlier.people["ana"])
        assert (made := release.flask("databases", "backup", "development")).returncode == 0, (
            made.stderr
        )
        note_what_is_read(earlier)
        yield site, earlier


def everybody_logs_in(release: Release, site: str, earlier: Earlier) -> None:
    demo = logins(release.data)
    for name, key in (("ana", "admin"), ("omar", "ops"), ("cleo", "client")):
        person = earlier.people[name] = Person(site)
        person.log_in(demo[key]["email"], demo[key]["password"])
        earlier.passwords[demo[key]["email"]] = demo[key]["password"]
    ana = earlier.people["ana"]
    for organisation, address in (
        ("lantern", "newsroom@lantern.example"),
        ("tidewater", "desk@tidewater.example"),
    ):
        page = ana.get(f"/ops/accounts/organisations/{organisation}")
        if organisation == "tidewater":
            ana.press(page, "/organisations/tidewater", reading="named")
        contact = re.search(r"/ops/accounts/contacts/\d+", page.text)
        assert contact
        made = ana.press(contact[0], "/login")
        password = made.page.find("code") or made.page.find("pre")
        assert password
        earlier.passwords[address] = password.get_text().strip()
        person = earlier.people[organisation] = Person(site)
        person.log_in(address, earlier.passwords[address])


def write_documents(ana: Person) -> None:
    new = ana.get("/ops/incidents/new?start=")
    ana.press(new, "/ops/incidents/publications", slug="written", text=BROWSER_REPORT, note="First")
    ana.press("/ops/incidents/written/edit", "/drafts", text=BROWSER_REPORT + "\nMore.\n")
    ana.press(new, "/ops/incidents/drafts", slug="only-a-draft", text=DRAFT)
    templates = ana.get("/ops/emails/templates/new?start=")
    text = REPLY_TEMPLATE
    ana.press(templates, "/templates/publications", slug="reply", text=text, note="")


REPLY_TEMPLATE = "---\nsubject: A word\n---\nHi [Client Name],\n\nall is well.\n\n[Sender Name]\n"


def clients_read_and_ask(earlier: Earlier) -> None:
    cleo, ana = earlier.people["cleo"], earlier.people["ana"]
    cleo.press("/client/incidents/plain", "/confirmation")
    cleo.press("/client/incidents/plain", "/questions", text="Is it really over?")
    answered = ana.press("/ops/incidents/plain", "/answer", **{"q1-text": "Yes, it is."})
    assert "Yes, it is." in answered.said
    cleo.press("/client/incidents/for-clients", "/questions", text="What was it?")


def make_links(ana: Person, earlier: Earlier) -> None:
    """By hand, for the first contact in the form; where the page forbids it there is none."""
    for slug in LINKED:
        page = ana.get(f"/ops/incidents/{slug}")
        if f"/ops/incidents/{slug}/links" not in page.text:
            continue
        made = ana.press(page, f"{slug}/links")
        address = re.search(r"/client/links/[\w-]+", made.text)
        assert address, made.said
        earlier.by_link[slug] = (address[0], text_of(Person(ana.site).get(address[0])))


def write_messages(release: Release, earlier: Earlier) -> None:
    """One message in each state, each about another report: nobody is told twice."""
    ana = earlier.people["ana"]
    first = draft(ana, "plain")
    send(ana, first)
    with release.worker():
        wait_until(lambda: state(release, first) == "sent")
    [letter] = (release.data / "mail").glob("*.eml")
    words = BytesParser(policy=default).parsebytes(letter.read_bytes()).get_body(("plain",))
    earlier.in_letter = re.search(r"/client/links/[\w-]+", words.get_content())[0]
    doubtful, server = draft(ana, "described"), MailServer()
    server.data = ["abort"]
    send(ana, doubtful)
    with server.running(), release.worker(MAIL_URL=server.url):
        wait_until(lambda: state(release, doubtful) == "unknown")
    withdrawn = draft(ana, "for-clients")
    ana.press(f"/ops/emails/{withdrawn}", "/withdrawal")
    waiting, unstated = draft(ana, "for-all"), draft(ana, "misspelt")
    send(ana, waiting)
    send(ana, unstated)
    kept = draft(ana, "two-blocks")
    earlier.messages = {
        "sent": first,
        "unknown": doubtful,
        "withdrawn": withdrawn,
        "waiting": waiting,
        "waiting-unstated": unstated,
        "draft": kept,
    }


def draft(ana: Person, slug: str) -> int:
    """The message for Cleo; drafts for nobody else."""
    page = ana.get(f"/ops/emails/new?incident={slug}&template=over")
    label = next(each for each in page.page.select(".people label") if "Harbour" in each.text)
    chosen = label.find("input")
    assert chosen, slug
    assert not chosen.has_attr("disabled"), slug
    made = ana.press(page, "/ops/emails", contact=str(chosen["value"]))
    numbers = [int(each) for each in re.findall(r"/ops/emails/(\d+)", made.text + made.address)]
    return max(numbers)


def send(ana: Person, number: int) -> None:
    ana.press(f"/ops/emails/{number}", f"/{number}/approval")


def state(release: Release, number: int) -> str:
    with closing(sqlite3.connect(release.data / "ops.sqlite3")) as connection:
        query = "SELECT state FROM messages WHERE id = ?"
        return str(connection.execute(query, (number,)).fetchone()[0])


def follow_runbooks(omar: Person) -> None:
    """One run to its end, and one left in the middle."""
    run = omar.press("/ops/runbooks/look", "/look/runs")
    for _ in range(2):
        run = omar.press(run, "/completion")
    begun = omar.press("/ops/runbooks/look", "/look/runs")
    omar.press(begun, "/completion")


def announce_window(ana: Person) -> None:
    begin = datetime.now(UTC) + timedelta(days=2)
    ends = begin + timedelta(hours=2)
    ana.press(
        "/ops/windows",
        "/ops/windows",
        starts=begin.strftime("%Y-%m-%dT%H:%M"),
        ends=ends.strftime("%Y-%m-%dT%H:%M"),
        summary="The weekly change",
    )


def note_what_is_read(earlier: Earlier) -> None:
    """Each client asks for each report, by its address."""
    for name in NAMES:
        person, found = earlier.people[name], earlier.readable.setdefault(name, {})
        for slug in (*REPORTS, "written", "only-a-draft"):
            answer = person.get(f"/client/incidents/{slug}")
            if answer.status == 200:
                found[slug] = text_of(answer)


def text_of(answer) -> str:
    document = answer.page.select_one("[data-document]")
    return " ".join(document.get_text(" ").split()) if document else ""
