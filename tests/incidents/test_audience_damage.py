"""Random slips in what says who reads: nobody reads what a strict reader does not give them.

The strict reader is written here and shares nothing with the product: it knows a handful of lines
by heart and gives nothing to anybody but staff as soon as it meets another one.
"""

import re
from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.accounts.models import Contact, Organisation, Role
from portal.core.errors import Conflict, Invalid, NotFound
from portal.core.storage.database import db
from portal.documents.audiences.audience import PUBLIC, Audience, Reader
from portal.documents.document import parse_document
from portal.incidents import pdf
from portal.incidents.client_area.links import create_link
from portal.incidents.report import parse_report
from portal.incidents.report_view import ReportView
from tests.support.cast import log_in, make_account
from tests.support.trials import examples

OPEN, SECRET = "magpie", "kestrel"
HEADS = (
    ("audience: internal",),
    ("audience: clients",),
    ("audience: clients", "clients: [one]"),
    ("audience: clients", "audience: internal"),
    ("audience: internal", "audience: clients"),
    ("clients: [one]", "audience: clients", "clients: [two]"),
)
TEXT = ("# A day", "", f"Open words: {OPEN}.", "", "/// internal", f"Staff words: {SECRET}.", "///")
READERS = {
    "public": PUBLIC,
    "client": Reader(Audience.CLIENTS),
    "one": Reader(Audience.CLIENTS, "one"),
    "two": Reader(Audience.CLIENTS, "two"),
}
ODD = "aeinlcd/:-#[], \t\n'\"\u00a0\u200b\u0430\uff1a\u2014\ufeffX~"


KINDS = ("add", "drop", "swap", "replace", "case", "twice", "lose", "indent", "move", "nothing")


@dataclass(frozen=True)
class Slip:
    """`line` and `at` are places in what may be damaged, counted round."""

    kind: str
    line: int
    at: int
    letter: str


def damage_of(seed):
    """A head and one slip or two; from a number, since two thousand are drawn."""
    chosen = Random(seed)
    slips = [
        Slip(chosen.choice(KINDS), chosen.randrange(13), chosen.randrange(31), chosen.choice(ODD))
        for _ in range(chosen.choice((1, 1, 2)))
    ]
    return chosen.choice(HEADS), slips


seeds = st.integers(0, 2**40)


def damaged(head, slips):
    """The file, with slips in its front matter and in the marks of its block alone."""
    lines = ["---", "title: A day", *head, "---", *TEXT]
    for slip in slips:
        places = [at for at, line in enumerate(lines) if _can_be_hit(line)]
        if places:
            _damage(lines, places[slip.line % len(places)], slip)
    return "\n".join(lines) + "\n"


def _can_be_hit(line):
    return (
        line not in TEXT[:4] and line != "title: A day" and OPEN not in line and SECRET not in line
    )


def _damage(lines, here, slip):
    line = lines[here]
    at = slip.at % (len(line) + 1)
    if slip.kind == "twice":
        lines.insert(here, line)
    elif slip.kind == "lose":
        del lines[here]
    elif slip.kind == "move":
        lines.insert(slip.at % len(lines), lines.pop(here))
    else:
        lines[here] = {
            "add": line[:at] + slip.letter + line[at:],
            "drop": line[:at] + line[at + 1 :],
            "swap": line[:at] + line[at : at + 2][::-1] + line[at + 2 :],
            "replace": line[:at] + slip.letter + line[at + 1 :],
            "case": line[:at] + line[at : at + 4].swapcase() + line[at + 4 :],
            "indent": f"  {line}",
            "nothing": line,
        }[slip.kind]


def strict(text):
    """For each word the readers who may see it; nobody as soon as a line is not known by heart."""
    nobody = {OPEN: set(), SECRET: set()}
    lines = text.lstrip("\ufeff").split("\n") if text.startswith("\ufeff") else text.split("\n")
    ends = [at for at, line in enumerate(lines) if re.fullmatch(r"(---|\.\.\.)[ \t]*", line)]
    if len(ends) < 2 or ends[0] != 0 or lines[0].startswith("."):
        return nobody
    readers = _of_head(lines[1 : ends[1]])
    words = _of_text(lines[ends[1] + 1 :])
    if readers is None or words is None:
        return nobody
    return {word: readers if word in words else set() for word in nobody}


def _of_head(lines):
    said, only = [], []
    whole = re.sub(r"\n(?=\])|\n[ \t]+(?=\S)", " ", "\n".join(lines))  # a value goes on below
    for line in whole.split("\n"):
        key = re.fullmatch(r"([\"']?)(audience|clients)\1 *:[ ](.*)", line)
        if key and key[2] == "audience":
            said.append(re.sub(r" +#.*", "", key[3]).strip(" \t").strip("\"'").strip().lower())
        elif key:
            value = re.sub(r"( +|(?<=\]))#.*", "", key[3])  # a comment may follow a bracket at once
            found = re.fullmatch(r"\s*\[?([\w\s,\"'X~-]*)\]?\s*", value)
            names = found[1].replace('"', "").replace("'", "").split(",") if found else []
            only.append({name.strip().lower() for name in names})
        elif (
            line.strip()
            and not line.lstrip().startswith("#")
            and not line.startswith("title: A day")
        ):
            return None
    if said != ["clients"] or len(only) > 1 or (only and not only[0] - {""}):
        return None
    return {"client", "one", "two"} if not only else {"one", "two"} & only[0]


def _of_text(lines):
    """The words outside of the block, without the secret one where a line is odd; None where an odd
    line may be one of front matter."""
    words, is_open, is_odd = set(), False, False
    for line in lines:
        if re.fullmatch(r"/// [a-z]+", line.strip().lower()) and not is_open:
            is_open = True
        elif line.strip() == "///" and is_open:
            is_open = False
        elif line in TEXT or not line.strip():
            words |= {word for word in (OPEN, SECRET) if word in line and not is_open}
        elif not is_open and "//" not in line and set(":\uff1a[") & set(line):
            return None
        elif line.strip("- \t"):
            is_odd = True
    return words - {SECRET} if is_odd else words


@settings(max_examples=examples(2_000), deadline=None, suppress_health_check=list(HealthCheck))
@given(seeds)
def test_no_client_reads_what_the_strict_reader_does_not_give(seed):
    text = damaged(*damage_of(seed))
    allowed = strict(text)
    try:
        report = parse_report(parse_document(text, "a-day"))
    except Invalid:
        return
    for name, reader in READERS.items():
        body = body_of(report, reader)
        for word in (OPEN, SECRET):
            assert word not in body or name in allowed[word], (text, name, word)


def body_of(report, reader):
    """Nothing where the report is not there for this reader."""
    try:
        return ReportView(report, reader).body
    except NotFound:
        return ""


def test_the_strict_reader_gives_what_is_whole():
    whole = {head: strict(damaged(head, [])) for head in HEADS}
    assert whole[HEADS[0]][OPEN] == set()
    assert whole[HEADS[1]] == {OPEN: {"client", "one", "two"}, SECRET: set()}
    assert whole[HEADS[2]] == {OPEN: {"one"}, SECRET: set()}
    assert [whole[head][OPEN] for head in HEADS[3:]] == [set()] * 3
    for head in HEADS[1:3]:
        report = parse_report(parse_document(damaged(head, []), "a-day"))
        readers = {name for name, reader in READERS.items() if OPEN in body_of(report, reader)}
        assert readers == whole[head][OPEN]


@pytest.fixture
def doors(app, write, omar, monkeypatch):
    """The browsers of Cleo of One and Otto of Two; a PDF is its source here."""
    monkeypatch.setattr(pdf, "html_to_pdf", lambda html, **_more: html.encode())
    found = {}
    for slug, account in (("one", "cleo"), ("two", "otto")):
        contact = Contact(
            organisation=Organisation(slug=slug, name=slug.capitalize()),
            account=make_account(account, Role.CLIENT),
            name=account.capitalize(),
            email=f"{account}@{slug}.example",
            salutation=account.capitalize(),
        )
        db.session.add(contact)
        db.session.commit()
        found[slug] = (app.test_client(), contact)
        log_in(found[slug][0], contact.account)
    return found


def seen_by(client, contact, name, omar):
    """Everything that the doors give this client of one report."""
    texts = [client.get(f"/client/incidents/{name}{end}").text for end in ("", ".pdf")]
    try:
        _link, address = create_link(name, contact, by=omar)
    except (Conflict, NotFound, Invalid):
        return texts
    db.session.commit()
    path = address.removeprefix("http://localhost:8000")
    return [*texts, client.get(path).text, client.get(f"{path}.pdf").text]


@settings(max_examples=1, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**30))
def test_no_address_gives_more(doors, write, omar, first):
    """Fifty files at once, since each of them is asked for at every door."""
    texts = {f"r-{n}": damaged(*damage_of(first + n)) for n in range(50)}
    texts["whole"] = damaged(HEADS[2], [])
    for name, text in texts.items():
        write(text.replace("title: A day", f"title: Day {name}."), name)
    for who, (client, contact) in doors.items():
        listed = client.get("/client").text
        for name, text in texts.items():
            allowed = strict(text)
            assert f"Day {name}." not in listed or who in allowed[OPEN], text
            for shown in seen_by(client, contact, name, omar):
                for word in (OPEN, SECRET):
                    assert word not in shown or who in allowed[word], (text, who, word)
    assert OPEN in seen_by(*doors["one"], "whole", omar)[2]
