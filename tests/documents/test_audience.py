"""What is meant for some readers only reaches no other, however its author wrote it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.documents.audiences.audience import PUBLIC, STAFF, Audience, Reader, for_reader
from portal.documents.audiences.blocks import blocks_in, stray_ends
from portal.documents.rendering.render import render
from tests.support.trials import examples

CLIENTS = Reader(Audience.CLIENTS)
ACME = Reader(Audience.CLIENTS, "acme")
BETA = Reader(Audience.CLIENTS, "beta")
EVERYBODY = (PUBLIC, CLIENTS, ACME, BETA, STAFF)
SECRET = "the-secret-word"


def seen_by(text, word=SECRET):
    return [reader for reader in EVERYBODY if word in for_reader(text, reader)]


@pytest.mark.parametrize(
    ("mark", "readers"),
    [
        ("internal", [STAFF]),
        ("clients", [CLIENTS, ACME, BETA, STAFF]),
        ("client acme", [ACME, STAFF]),
        ("client gamma", [STAFF]),
        ("client", [STAFF]),
        ("client acme beta", [STAFF]),
        ("client acme, beta", [STAFF]),
        ("clients acme", [STAFF]),
        ("public", [STAFF]),
        ("intrenal", [STAFF]),
    ],
)
def test_a_block_is_seen_by_those_it_names_and_by_staff(mark, readers):
    text = f"before\n\n/// {mark}\n{SECRET}\n///\n\nafter"
    assert seen_by(text) == readers
    assert seen_by(text, "before") == seen_by(text, "after") == list(EVERYBODY)


@pytest.mark.parametrize(
    "begin",
    [
        *("///internal", "/// INTERNAL", "///   Internal  ", "///\tinternal", "  /// internal"),
        *("        /// internal", "\t/// internal", "//// internal", "// internal"),
        *("> /// internal", ">>/// internal", "- /// internal", "1. /// internal"),
        *("<p>/// internal", "<!-- /// internal -->", "**/// internal**", "| /// internal |"),
        *("`/// internal`", "# /// internal", "/// internal | Notes", "/// internal:"),
        *("\u200b/// internal", "/\u200b// internal", "\ufeff/// internal", "\xa0/// internal"),
        *("/// int\xadernal", "\uff0f\uff0f\uff0f internal", "text\u2028/// internal"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_block_begins_however_its_mark_is_written(begin, end):
    text = end.join(["before", begin, SECRET, "///", "after"])
    assert seen_by(text) == [STAFF]
    assert "before" in for_reader(text, PUBLIC)


@pytest.mark.parametrize("text", ["https:///internal", "and/// internal", "a // internal", "///"])
def test_strokes_within_a_line_begin_nothing(text):
    assert for_reader(text, PUBLIC) == text


@pytest.mark.parametrize("mark", ["internal", "clients", "client beta", "nonsense"])
def test_a_block_that_is_not_closed_hides_the_rest(mark):
    assert PUBLIC not in seen_by(f"a\n\n/// {mark}\n\n{SECRET}\n\n# And\n\n{SECRET}")


@pytest.mark.parametrize(
    "inside",
    [
        "```\n///\n```",
        "~~~sh\n///\n~~~",
        "<!--\n///\n-->",
        "> ///",
        "////",
        "/// end",
        "/// clients\n///",
        "```\n/// clients\n```\n///",
        "text ///",
        "``` \n///",
    ],
)
def test_what_does_not_surely_end_a_block_does_not_end_it(inside):
    assert seen_by(f"/// internal\n{inside}\n{SECRET}\n///\n") == [STAFF]


@pytest.mark.parametrize(
    "text",
    [
        "> /// internal\n> {}\n> ///\n> after",
        "> /// internal\n> {}\n///\nafter",
        "- a\n  /// internal\n  {}\n  ///\n- after",
        "- a\n- /// internal\n- {}\n- ///\n- after",
        "```sh\n/// internal\n{}\n///\nafter\n```",
        "```sh\n/// internal\n{}\n```\n///\nafter",
        "<details>\n/// internal\n\n{}\n\n///\nafter\n</details>",
        "<!--\n/// internal\n{}\n///\nafter -->",
        "    /// internal\n    {}\n    ///\nafter",
        "/// internal\n/// clients\n{}\n///\n{}\n///\nafter",
        "//// internal\n/// client acme\n{}\n///\n{}\n////\nafter",
        "/// internal\n{}\n   ///   \nafter",
        "| a |\n|---|\n/// internal\n| {} |\n///\nafter",
    ],
)
def test_a_block_ends_where_it_began(text):
    text = text.replace("{}", SECRET)
    assert seen_by(text) == [STAFF]
    assert seen_by(text, "after") == list(EVERYBODY)


def test_a_block_within_another_is_seen_by_whoever_may_see_both():
    text = f"/// clients\nfor all\n/// client acme\n{SECRET}\n///\nfor all again\n///\n"
    assert seen_by(text) == [ACME, STAFF]
    assert seen_by(text, "for all again") == [CLIENTS, ACME, BETA, STAFF]


def test_a_text_without_blocks_is_the_same_for_everybody():
    text = "# A\r\n\r\nhttps://example.com // and\n\n```c\n// internals\n```\n"
    assert [for_reader(text, reader) for reader in EVERYBODY] == [text] * len(EVERYBODY)


def test_text_around_a_hidden_block_does_not_run_together():
    html = render(for_reader("a\n/// internal\nb\n///\n---\n", PUBLIC)).html
    assert html.split() == ["<p>a</p>", "<hr>"]


def test_a_reader_does_not_see_the_marks_of_blocks_meant_for_them():
    text = "/// client acme\nhello\n///\n\n```\n/// clients\nx\n///\n```\n"
    assert "/" not in for_reader(text, ACME)


def test_staff_see_each_block_in_a_frame_that_says_who_sees_it():
    text = (
        "a\n\n/// internal\n*b*\n\n/// client acme\nc\n///\n///\n\n- d\n  /// clients\n  e\n  ///\n"
    )
    html = render(for_reader(text, STAFF)).html
    assert html.count('<div class="audience">') == 3
    assert "<em>For staff only.</em>" in html
    assert "<em>For acme and staff only.</em>" in html
    assert "<em>For clients and staff only.</em>" in html
    assert "///" not in html


def test_staff_see_marks_within_code_as_they_were_written():
    text = "```\n/// internal\nx\n///\n```"
    assert for_reader(text, STAFF) == text


def test_a_client_named_like_a_word_of_ours_is_not_everybody():
    assert seen_by(f"/// client clients\n{SECRET}\n///") == [STAFF]
    assert SECRET not in for_reader(f"/// client acme\n{SECRET}", Reader(Audience.PUBLIC, "acme"))


def test_the_blocks_know_their_lines_and_what_is_wrong_with_them():
    text = "/// internal\n/// client\nx\n///\n///\n///\n/// secret\n// internal\n"
    found = [(block.line, block.end, block.problem) for block in blocks_in(text)]
    assert [(line, end) for line, end, _ in found] == [(0, 4), (1, 3), (6, None), (7, None)]
    assert found[0][2] is None
    assert "names one" in (found[1][2] or "")
    assert "“/// secret” is no block" in (found[2][2] or "")
    assert "three strokes" in (found[3][2] or "")
    assert stray_ends(text) == [5]


def test_readers_have_keys_of_their_own():
    assert len({reader.key for reader in EVERYBODY}) == len(EVERYBODY)


@pytest.mark.parametrize(
    "text",
    ["/// x\n" * 20_000, "<" * 100_000, "/" * 100_000, "1." * 50_000 + "///", "- " * 9_000 + "///"],
)
def test_hostile_text_is_read_in_time(text):
    for_reader(f"/// internal\n{text}", PUBLIC)


# Every line of a text made by chance: those of a block carry the name of whoever may see them.
FILLING = st.sampled_from(
    [*("", "text", "- item", "  more", "> quote", "# Head", "| a | b |", "|---|---|", "    code")]
    + [*("<details>", "</details>", "---", "1. one", "\ttab", "[a]: /b", "* * *", "http://a//b")]
)
INDENT = st.sampled_from(["", " ", "    ", "\t", "  ", "> ", "> > ", ">"])
LINE_END = st.sampled_from(["\n", "\r\n", "\r"])
WORDS = st.sampled_from(["internal", "Internal", "INTERNAL ", "clients", "client acme", "oops"])
FENCES = st.sampled_from(["```", "~~~", "<!--", "-->", "````"])


@st.composite
def blocks(draw, depth=0):
    """Lines of a block with all it holds; the secret stands in the lines between its marks."""
    indent, word = (
        draw(INDENT),
        draw(st.sampled_from(["internal", "INTERNAL", "oops", "Internal "])),
    )
    lines = [f"{indent}///{draw(st.sampled_from(['', ' ', '  ']))}{word}"]
    lines += [f"{indent}{filling} {SECRET}" for filling in draw(st.lists(FILLING, max_size=4))]
    if depth < 2 and draw(st.booleans()):
        lines += draw(blocks(depth=depth + 1))
        lines.append(f"{indent}{SECRET}")
    if draw(st.booleans()):
        fence = draw(st.sampled_from(["```", "~~~"]))
        lines += [f"{indent}{fence}", f"{indent}{SECRET}", f"{indent}{fence}"]
    return [*lines, f"{indent}///"]


@st.composite
def documents(draw):
    lines = []
    for _ in range(draw(st.integers(1, 6))):
        lines += draw(st.one_of(st.lists(FILLING, max_size=4), blocks()))
    return "".join(line + draw(LINE_END) for line in lines)


@given(documents())
@settings(max_examples=examples(120), deadline=None)
def test_a_secret_in_a_block_never_survives(text):
    for reader in (PUBLIC, CLIENTS, ACME):
        assert SECRET not in for_reader(text, reader)
    assert for_reader(text, STAFF).count(SECRET) == text.count(SECRET)


@given(documents(), st.integers(0, 400))
@settings(max_examples=examples(120), deadline=None)
def test_nor_does_it_when_the_end_of_the_file_is_lost(text, length):
    assert SECRET not in for_reader(text[:length], PUBLIC)


@given(
    st.lists(st.one_of(FILLING, FENCES), max_size=6), st.lists(st.one_of(FILLING, FENCES)), WORDS
)
@settings(max_examples=examples(120), deadline=None)
def test_a_block_that_is_never_closed_lets_nothing_out(before, after, word):
    lines = [*before, f"/// {word}", *(f"{line} {SECRET}" for line in after), SECRET]
    assert SECRET not in for_reader("\n".join(lines), PUBLIC)


@given(
    st.lists(st.one_of(FILLING, FENCES, WORDS.map("/// {}".format), st.just("///")), max_size=14)
)
@settings(max_examples=examples(120), deadline=None)
def test_less_is_seen_by_a_reader_who_may_see_less(lines):
    """Whatever the text: each line that a lesser reader sees is seen by the greater one too."""
    text = "\n".join(f"{line} {at}" if "///" not in line else line for at, line in enumerate(lines))
    seen = [set(for_reader(text, reader).split("\n")) for reader in (PUBLIC, CLIENTS, ACME, STAFF)]
    for lesser, greater in zip(seen, seen[1:], strict=False):
        assert {line for line in lesser if line.strip(" >")} <= greater
