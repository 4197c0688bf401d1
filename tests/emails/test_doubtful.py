"""Placeholders of other systems, and words that nobody would see, are named with their line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.configuration.settings import ROOT
from portal.documents.audiences.audience import Audience, Reader
from portal.documents.rendering.render import render
from portal.emails.drafting.placeholder_values import fill_body
from portal.emails.review.checks import Checked, Weight, findings
from portal.emails.review.finding import Finding
from portal.emails.review.vanishing import lost_in
from tests.support.trials import examples

ACME = Reader(Audience.CLIENTS, "acme")
FOREIGN = [
    *("{{client}}", "{{ Client Name }}", "{{{name}}}", "{% if paid %}", "{first_name}", "{$name}"),
    *("((name))", "((first name??yes))", "*|FNAME|*", "*|IF:PAID|*", "%FIRSTNAME%", "%name%"),
    *("%%first name%%", "%(name)s", "%{name}", "${name}", "#{name}", "@@Name@@", "##NAME##"),
    *("<<Client Name>>", "<Client Name>", "<your first name>", "$FIRST_NAME$", "{{"),
    *("XXX", "xxx", "TODO", "Todo", "FIXME", "TBD", "Lorem ipsum", "____"),
]
INNOCENT = [
    "20 % to 30 %, 100%, 50%-60%",
    "Write to <help@example.com>, or Cleo <cleo@example.com>.",
    "<https://example.com/a_b> https://example.com/%E2%82%AC%20a",
    "a < b and c > d, x <5 and y> 3, 1 << 2",
    "(see (1) and (2)) ((1))",
    "| *a*|b|*c* |\n|---|---|---|\n|**d**|e|**f**|",
    "## Heading ##\n\n___\n\n__Important__ *words* _here_",
    "Todo está bien; Roman XXIX; US$ 5, {1, 2}, { return }",
    '{"a": 1} and #1 and a@b.com, c@@d',
    "`Map<String, Integer>` and `Array<string>`",
    "```ts\nconst a: Array<string> = x as Map<A, B>;\n```",
    "<details open>\n<summary>More</summary>\n\nIt *works*.\n</details>",
    "- [x] done\n- [ ] not\n\n7. seven\n8. eight",
    "see [the page][p], [p] and ![a picture](/a.png 'its title')\n\n[p]: https://x.example/ 'it'",
    "A note [^1].\n\n[^1]: It is here.",
    "&lt;b&gt; &amp; caf&eacute; \\[sic\\] un*frig*able H~2~O<br>next",
    '<a href="https://example.com" title="a tip">here</a> <p align="center">x</p>',
    "> quoted\n> 1. one\n>    - two",
    "| a | b |\n|---|---|\n| c | d |",
]
#: Source, and the line and words that nobody would see.
VANISHING = [
    ("Hi\n\n[Client Name]: hello\n\nhello", 3, "[Client Name]: hello"),
    ("[a]: <b c>\n\nx", 1, "[a]: <b c>"),
    ("[//]: # (a comment)\n\nx", 1, "[//]: # (a comment)"),
    ("x\n\nHi <name>, hello", 3, "<name>"),
    ("Array<string> is a type", 1, "<string>"),
    ("Hi <summary>, hello", 1, "<summary>"),
    ("Hi <b and c>", 1, "<b and c>"),
    ("Hi\n\n<!-- never closed\n\nall the rest", 5, "all the rest"),
    ("x <svg><path/>gone words</svg>", 1, "gone words"),
    ("| a |\n|---|\n| b | one cell too many |", 3, "one cell too many"),
    ("x [^1]\n\n[^1]: used\n[^2]: unused note", 4, "[^2]: unused note"),
    ("x <?php echo y ?>", 1, "<?php echo y ?>"),
]


def check(body: str = "All is well.", subject: str = "News", **given: object) -> list[Finding]:
    facts = {"reader": ACME, "base_url": "https://talkback.example", **given}
    return findings(Checked(subject=subject, body=body, **facts))


def said(*args: str, **given: object) -> str:
    found = check(*args, **given)
    assert all(each.key for each in found if each.is_blocking)
    return " ".join(each.sentence for each in found if each.is_blocking)


@pytest.mark.parametrize("text", FOREIGN)
@pytest.mark.parametrize("around", ["Hi {0}: hello", "x\n\n> - **{0}**: it", "`Hi {0}:`", "[V]"])
def test_a_placeholder_of_another_system_is_named_and_can_be_confirmed(text, around):
    body = around.replace("{0}", text) if around != "[V]" else fill_body("Hi [V]: x", {"v": text})
    assert f": “{text}” " in said(body), said(body)


@pytest.mark.parametrize("text", FOREIGN)
def test_it_is_named_in_the_subject_and_in_an_attachments_name(text):
    assert "Subject: “" in said(subject=f"News for {text}: x")
    assert "Attachment: “" in said(names=[f"x {text}: x.pdf"])


@pytest.mark.parametrize(
    "body",
    [
        "{<b>{</b>name}}",
        "{{**Client** Name}}",
        "{{Client\nName}}",
        "&#123;&#123;name}}",
        "\\{\\{name\\}\\}",
        "[here](https://example.com/?who=%7B%7Bname%7D%7D)",
        "[here](https://example.com/?who={{name}})",
        "&lt;Client Name&gt;",
        "    {{code}}",
        "/// client acme\n{{name}}\n///",
        "{\u200b{\u2060name\u200b}}",
        "{&shy;{name}&zwj;}",
        "%FIRST\u200b_NAME%",
        "&lt;Client\u00a0Name&gt;",
        "<%= name %>",
    ],
)
def test_it_is_found_however_it_is_written(body):
    assert "looks like a placeholder of another system" in said(body)


@pytest.mark.parametrize("body", INNOCENT)
def test_everyday_text_is_not_blocked(body):
    assert [each for each in check(body) if each.is_blocking] == []


@pytest.mark.parametrize(("body", "line", "words"), VANISHING)
def test_words_that_no_reader_would_see_are_named_with_their_line(body, line, words):
    assert f"Line {line}: “{words}”" in said(body)


def test_the_line_is_that_of_the_text_with_the_blocks_for_others_in_it():
    body = "Hi\n\n/// client zenith\nx\n///\n\n/// client acme\n{{name}}\n///\n\n[Hi]: there"
    assert "Line 8: “{{name}}”" in said(body)
    assert "Line 11: “[Hi]: there”" in said(body)
    assert said("/// client zenith\n{{name}}\n///\n\nHi") == ""


def test_a_label_that_is_a_placeholder_is_named_though_the_link_is_used():
    body = "Hi [Client Name], [Cause]\n\n[Client Name]: https://example.com\n[Cause]: https://a.com"
    assert "so the placeholder is not filled in" in said(body)
    assert said(body).count("“[Cause]: ") == 0
    assert said(body, fields=["cause"]).count("“[Cause]: ") == 1


def test_a_comment_and_a_tag_for_looks_are_said_and_do_not_block():
    found = check("<!-- for us --> It is <u>well</u>.")
    assert [each.weight for each in found] == [Weight.WARNING] * 2
    assert all(each.key is None for each in found)


def test_each_place_is_confirmed_by_itself_and_for_this_text_alone():
    body = "{{a}} {{a}}\n\n{{a}}\n\nBye"
    keys = [each.key for each in check(body)]
    assert len(set(keys)) == 3
    found = check(body, confirmed=keys[:1])
    assert [each.weight for each in found] == [Weight.BLOCKING] * 2 + [Weight.CONFIRMED]
    assert not said(body.replace("Bye", "Hi\n\nBye"), confirmed=keys)
    assert said(body.replace("{{a}}\n\nBye", "{{a}}!\n\nBye"), confirmed=keys)
    assert said(body.replace("{{a}} {{a}}", "{{a}} {{b}}"), confirmed=keys)
    assert said("Hi", subject="{{a}}", confirmed=keys)


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_what_is_laid_out_rightly_loses_no_word(path):
    source = path.read_text(encoding="utf-8")
    lost = lost_in(source, str(render(source).html))
    assert [each for each in lost if not each.is_harmless] == []


@settings(max_examples=examples(150), deadline=None)
@given(st.text("ab [](){}<>%*|_:!/#`~.\n\\", max_size=40))
def test_no_text_breaks_the_search(body):
    check(body, subject=body.replace("\n", " "))
