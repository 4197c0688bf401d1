"""What stands against a message before anybody may approve it."""

import pytest

from portal.documents.audiences.audience import Audience, Reader
from portal.emails.drafting.placeholder_values import fill_body
from portal.emails.review.checks import Checked, Weight, blocking, findings
from portal.emails.review.secrets import secrets_in

ACME = Reader(Audience.CLIENTS, "acme")
KEY = "-----BEGIN RSA PRIVA" + "TE KEY-----"


def check(body="All is well.", subject="News", **given):
    facts = {"reader": ACME, "base_url": "https://talkback.example", "own": ["Acme"]}
    return findings(Checked(subject=subject, body=body, **{**facts, **given}))


def sentences(*args, **given) -> str:
    return " ".join(each.sentence for each in blocking(check(*args, **given)))


def test_a_good_message_has_no_findings():
    body = "Hi Cleo,\n\n- [x] done\n- see [the page](https://example.com)\n\n`[code]` \\[sic] [^1]"
    assert check(body + "\n\n[^1]: a note") == []


@pytest.mark.parametrize(
    "body",
    [
        "Hi [Client Name]",
        "Hi [**Client** Name]",
        "Hi [Client\nName]",
        "Hi [Client Name](and all)",
        "<p>Hi [Client Name]</p>",
        "Hi <b>[</b>Client Name]",
        "Hi [x]",
        "Hi [...]",
        "| a |\n|---|\n| [Client Name] |",
    ],
)
def test_an_unfilled_placeholder_blocks_wherever_it_is(body):
    assert "Nothing is filled in for" in sentences(body)


def test_a_placeholder_in_the_subject_blocks_unless_it_was_a_value():
    assert "“[Duration]”" in sentences(subject="Down for [Duration]")
    assert check(subject="News for [Acme]", values=["[Acme]"]) == []


def test_brackets_in_a_value_ask_for_nothing():
    assert check(fill_body("Hi [V]", {"v": "[Client Name] [x]"})) == []


@pytest.mark.parametrize(
    "words", ["INTERNAL: the boss", "internal only", "Not for clients!", "(internal) it"]
)
def test_words_marked_internal_block(words):
    assert "not for clients" in sentences(words)


def test_an_internal_word_of_the_house_blocks():
    assert "“db-7” is an internal word" in sentences("It was DB-7.", internal_words=["db-7"])


def test_blocks_for_others_are_left_out_and_said():
    body = "Hello\n\n/// client harbour\nHarbour [Name]\n///\n\nBye"
    found = check(body, others=["Harbour"])
    assert [each.weight for each in found] == [Weight.WARNING]


@pytest.mark.parametrize(
    ("body", "blocked"),
    [
        ("Dear Harbour Voices", True),
        ("as for HARBOUR  voices, too", True),
        ("harbour", True),
        ("harbours and harbouring", False),
        ("Dear Acme Harbour", False),
    ],
)
def test_another_client_s_name_or_slug_blocks(body, blocked):
    said = sentences(body, others=["Harbour Voices", "harbour"], own=["Acme", "Acme Harbour"])
    assert ("another client’s name" in said) is blocked


def test_another_client_s_name_in_the_subject_blocks():
    assert "another client’s" in sentences(subject="For Harbour", others=["Harbour"])


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        "postgresql://app:hunter2@db.internal/site",
        "password: hunter2hunter2",
        "The password is: `hunter2!x`",
        "api_key=0123456789abcdef",
        "Bearer abcdefghijklmnop0123",
        "ghp_0123456789abcdefghij0123",
        "AKIA0123456789ABCDEF",
    ],
)
def test_a_secret_blocks_and_is_not_repeated(text):
    said = sentences(text)
    assert "seems to hold" in said
    assert text not in said


@pytest.mark.parametrize(
    "text",
    [
        "You need not change your password.",
        "Password: required.",
        "https://example.com/a:b@c",
        "a token of thanks",
        "The key is patience",
    ],
)
def test_everyday_words_are_no_secrets(text):
    assert secrets_in(text) == []


@pytest.mark.parametrize(
    ("link", "dead"),
    [
        ("https://example.com/x", False),
        ("mailto:help@example.com", False),
        ("https://talkback.example/client", False),
        ("/client", False),
        ("/nothing", True),
        ("https://talkback.example/nothing", True),
        ("docs/report.md", True),
        ("#nowhere", True),
        ("http://localhost:8000/x", True),
        ("http://intranet/x", True),
        ("mailto:nobody", True),
        ("javascript:alert(1)", True),
    ],
)
def test_a_dead_link_blocks(link, dead):
    said = sentences(f"[here]({link})", leads_somewhere=lambda path: path == "/client")
    assert ("link" in said) is dead, said


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"subject": "  "}, "subject is empty"),
        ({"subject": "a\nb"}, "must be one line"),
        ({"body": " "}, "message is empty"),
        ({"body": "/// internal\nall of it"}, "message is empty"),
        ({"body": "x" * 100_001}, "longer than"),
        ({"attachments": ["The report is missing."]}, "The report is missing."),
    ],
)
def test_what_can_not_be_sent_blocks(given, sentence):
    assert sentence in sentences(**given)
