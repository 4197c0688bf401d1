"""A message has two texts that say the same, and is one that a strict parser accepts."""

import email
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.policy import strict

import html5lib
import pytest
from selectolax.lexbor import LexborHTMLParser

from portal.core.errors import Invalid
from portal.documents.audiences.audience import Audience, Reader
from portal.emails.delivery.message_bytes import letter_bytes, letter_of
from portal.emails.delivery.mime import Attachment, Envelope, build
from portal.emails.html import shown
from tests.documents.hostile import bad_address
from tests.support.corpora import hostile_strings

ACME = Reader(Audience.CLIENTS, "acme")
BASE = "https://talkback.example"
ENVELOPE = Envelope(
    "Cléo “C” Marsh", "cleo@example.com", "Studios", "news@example.com", "a@b.example"
)
BODY = """# News

Hi Cléo, see [the page](/client) or https://example.com.

- one
  1. two
- [x] three

> said

| a | b |
|---|---|
| 1 | 2 |

```
code
```
"""


def read(body: str = BODY, subject: str = "News"):
    return shown(subject=subject, body=body, reader=ACME, base_url=BASE)


def test_an_endlessly_nested_text_does_no_damage():
    """The library that puts styles into the tags would end the whole process."""
    nested = read("<blockquote>" * 5_000)
    assert "nested too deeply" in nested.problem
    assert "&lt;blockquote&gt;" in nested.html


def letter(
    subject="News – für alle " * 12, envelope=ENVELOPE, attachments=(), body=BODY, page=None
):
    page = page or read(body, subject)
    return build(
        envelope,
        subject=subject,
        html=page.html,
        text=page.text,
        message_id="<1@talkback.example>",
        at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        attachments=attachments,
    )


def test_the_plain_twin_can_be_read_on_its_own():
    assert read().text == (
        "News\n====\n\nHi Cléo, see the page <https://talkback.example/client> or "
        "https://example.com.\n\n- one\n  1. two\n- [x] three\n\n> said\n\na | b\n1 | 2\n\ncode\n"
    )


def test_the_page_has_its_styles_in_the_tags_and_the_dark_ones_in_the_head():
    page = read().html
    assert '<p style="' in page
    assert "prefers-color-scheme: dark" in page
    assert 'name="color-scheme" content="light dark"' in page
    assert 'href="https://talkback.example/client"' in page
    parser = html5lib.HTMLParser()
    parser.parse(page)
    assert parser.errors == []


def test_what_others_may_read_is_in_neither_text():
    page = read("Hello\n\n/// internal\nthe boss\n///\n\n/// client harbour\nonly you\n///\n\nBye")
    for text in (page.html, page.text):
        assert "boss" not in text
        assert "only you" not in text
        assert "Bye" in text


def test_a_subject_is_text_in_the_page_too():
    assert "<title>&lt;b&gt; {{ 7*7 }}</title>" in read(subject="<b> {{ 7*7 }}").html


@pytest.mark.parametrize("length", [66, 67, 70, 71, 77, 78, 79, 140, 200])
@pytest.mark.parametrize("words", ["word ", "a", "für ", "a  b ", "=?utf-8?q?x?= "])
def test_a_subject_arrives_as_it_was_written_however_long(words, length):
    subject = (words * length)[:length].strip()
    content = letter_bytes(letter(subject=subject, body="x"))
    assert str(email.message_from_bytes(content, policy=strict)["Subject"]) == subject
    assert letter_bytes(letter_of(content)) == content
    assert max(map(len, content.split(b"\r\n"))) < 100


def test_a_strict_parser_finds_nothing_to_complain_of():
    built = letter(attachments=[Attachment("Bericht – ü.pdf", b"%PDF-1.7\n\x00\xff" * 99)])
    raw = built.as_bytes()
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    read_again = email.message_from_bytes(raw, policy=strict)
    for part in read_again.walk():
        assert not part.defects
        assert not any(value.defects for value in part.values())
    assert read_again["Subject"] == built["Subject"]
    kinds = [part.get_content_type() for part in read_again.walk()]
    assert kinds == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
    ]
    assert [part.get_filename() for part in read_again.iter_attachments()] == ["Bericht – ü.pdf"]


def test_the_headers_say_who_when_and_that_a_machine_sent_it():
    built = letter(subject="News")
    assert built["To"].addresses[0].addr_spec == "cleo@example.com"
    assert built["Reply-To"] == "a@b.example"
    assert built["Message-ID"] == "<1@talkback.example>"
    assert built["Date"].datetime == datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    assert built["Auto-Submitted"] == "auto-generated"
    assert not [name for name in built if name.startswith("List-")]


@pytest.mark.parametrize("bad", ["a\nBcc: all@example.com", "a\r\nb", "a\rb", "a\0b", "a\u2028b"])
@pytest.mark.parametrize("where", ["subject", "name", "address", "file"])
def test_29_a_line_break_in_a_header_is_refused(bad, where):
    names = {"name": Envelope(bad, "c@example.com", "S", "n@example.com")}
    addresses = {"address": Envelope("C", f"c@example.com{bad}", "S", "n@example.com")}
    with pytest.raises(Invalid):
        letter(
            subject=bad if where == "subject" else "News",
            envelope={**names, **addresses}.get(where, ENVELOPE),
            attachments=[Attachment(bad, b"x")] if where == "file" else [],
        )


@pytest.mark.parametrize("bad", ["", "nobody", "a@", "@b", "a@b@c", "a b@c.example", "ü@b.example"])
def test_what_is_no_address_is_refused(bad):
    with pytest.raises(Invalid, match="email address"):
        letter(envelope=Envelope("C", bad, "S", "n@example.com"))


@pytest.mark.parametrize(
    "name",
    [
        "Marsh, Cléo",
        "Harbour Voices (bookkeeping, invoices), attention: Cleo “C” Marsh, first floor, left door",
        'Harbour "Voices", bookkeeping <and invoices>: Cleo Marsh, first floor, left door, and on',
        "=?utf-8?q?Cleo?=",
    ],
)
def test_a_name_stays_a_name_however_long_and_whatever_is_in_it(name):
    envelope = Envelope(name, "cleo@example.com", name, "news@example.com")
    read_back = email.message_from_bytes(letter_bytes(letter(envelope=envelope)), policy=strict)
    for header, address in (("To", "cleo@example.com"), ("From", "news@example.com")):
        [box] = read_back[header].addresses
        assert box.addr_spec == address
        decoded = str(make_header(decode_header(str(raw_header(read_back, header)))))
        assert decoded.removesuffix(f" <{address}>").strip('"').replace('\\"', '"') == name


def raw_header(letter, name):
    return next(value for key, value in letter.raw_items() if key == name)


def test_hostile_subjects_and_names_leave_as_they_are_or_not_at_all():
    page = read("Hello")
    for text in hostile_strings()[::48]:
        envelope = Envelope(text[:200], "c@example.com", "S", "n@example.com")
        try:
            built = letter(subject=text[:200], envelope=envelope, page=page)
        except Invalid:
            continue
        content = letter_bytes(letter_of(letter_bytes(built)))
        assert letter_bytes(letter_of(content)) == content
        parsed = email.message_from_bytes(content, policy=strict)
        assert sorted(parsed.keys()) == sorted(built.keys())
        assert parsed["To"].addresses[0].addr_spec == "c@example.com"


def test_26_no_hostile_string_in_a_template_becomes_markup():
    """All of them as a template's words, as mail programs will parse the letter."""
    strings = hostile_strings()
    for start in range(0, len(strings), 60):
        page = LexborHTMLParser(read("\n\n".join(strings[start : start + 60])).html)
        assert not page.css(
            "script, iframe, object, embed, svg, math, base, form, link, body style"
        )
        for tag in page.css("body *"):
            assert not [name for name in tag.attributes if name.startswith("on")], tag.html
        for link in page.css("[href], [src]"):
            address = link.attributes.get("href") or link.attributes.get("src") or "#"
            assert not bad_address(address), link.html
