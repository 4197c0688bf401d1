"""A file becomes a document, with a sentence for a person where it can't."""

from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from portal.core.errors import Invalid
from portal.documents.document import date_in, field_line, parse_document, read_document


def test_front_matter_becomes_meta_and_leaves_the_body() -> None:
    document = parse_document("---\ntitle: A\nroles: [ops, admin]\n---\n\n# B\n", "c")
    assert document.meta == {"title": "A", "roles": ["ops", "admin"]}
    assert document.body == "# B\n"
    assert document.body_line == 6
    assert document.title == "A"


def test_front_matter_is_optional() -> None:
    document = parse_document("# B\n\ntext", "c")
    assert (document.meta, document.body_line, document.title) == ({}, 1, "B")


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    assert parse_document("---\n\n# A\n", "a").body_line == 1
    assert parse_document("---\nwords and words\n---\n# A\n", "a").meta == {}


def test_empty_front_matter_is_none() -> None:
    assert parse_document("---\n---\n# A\n", "a").meta == {}


@pytest.mark.parametrize(
    ("source", "line"),
    [("---\ntitle: [a\n---\n", 3), ("---\na: 1\nb: c: d\n---\n", 3), ("---\na: !!x/y z\n---\n", 2)],
)
def test_broken_front_matter_names_file_and_line(source: str, line: int) -> None:
    with pytest.raises(Invalid, match=rf"^d/e\.md, line {line}: the front matter can't be read"):
        parse_document(source, "d/e")


def test_front_matter_makes_no_objects() -> None:
    with pytest.raises(Invalid, match="line 2"):
        parse_document("---\na: !!python/object/apply:os.getcwd []\n---\n", "d")


def test_front_matter_nested_too_deeply_is_refused() -> None:
    with pytest.raises(Invalid, match="front matter"):
        parse_document("---\na: " + "[" * 5000 + "\n---\n", "d")


@pytest.mark.parametrize("value", ["2025-13-45", "2025-02-30T10:00:00Z", "9" * 5000])
def test_a_value_that_is_none_stays_text(value: str) -> None:
    document = parse_document(f"---\ndate: {value}\n---\n", "d")
    assert document.meta == {"date": value}


def test_front_matter_that_refers_to_itself_is_refused() -> None:
    lines = ["---", "a: &a [x, x, x]", *(f"{n}: &{n} [*a, *a]" for n in "bc"), "---"]
    with pytest.raises(Invalid, match="line 3.*refers to another value"):
        parse_document("\n".join(lines), "d")


def test_windows_line_ends_make_no_difference() -> None:
    document = parse_document("---\r\ntitle: A\r\n---\r\n# B\r\n\r\nc\r\n", "d")
    assert (document.title, document.body, document.body_line) == ("A", "# B\n\nc\n", 4)


def test_a_byte_order_mark_is_taken_off() -> None:
    assert parse_document(b"\xef\xbb\xbf---\ntitle: A\n---\nb", "c").title == "A"


def test_other_encodings_are_refused_with_their_line() -> None:
    with pytest.raises(Invalid, match=r"^c\.md, line 2: the file is not UTF-8 text\."):
        parse_document("a\nGröße".encode("latin-1"), "c")


def test_the_hash_is_of_the_bytes_on_disk() -> None:
    raw = b"\xef\xbb\xbf# a\r\n"
    assert parse_document(raw, "a").sha256 == sha256(raw).hexdigest()


def test_words_are_counted_without_front_matter() -> None:
    assert parse_document("---\na: b\n---\n# One two\n\n- three's four-five\n", "a").words == 4


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("---\ntitle: 7\n---\n# A", "7"),
        ("text\n\n## The `second` *one* [x](y)\n", "The second one x"),
        ("```\n# code\n```\n", "Weekly backup"),
        ("#\n\n# A\n", "A"),
    ],
)
def test_the_title_comes_from_front_matter_heading_or_name(source: str, title: str) -> None:
    assert parse_document(source, "folder/weekly-backup").title == title


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025-12-16, afternoon", date(2025, 12, 16)),
        ("Outage - December 16th, 2025", date(2025, 12, 16)),
        ("16 December 2025", date(2025, 12, 16)),
        ("2025-99-99-a", None),
        ("on 3 Feb 2026 or 4 Mar 2026", date(2026, 2, 3)),
        ("Sept. 9, 2025", date(2025, 9, 9)),
        ("31 February 2025", None),
        ("12025-12-167", None),
        ("build 11 nonsense 2025", None),
    ],
)
def test_a_day_is_found_in_words(text: str, day: date | None) -> None:
    assert date_in(text) == day


def test_a_field_line_is_one_line() -> None:
    assert field_line("**Subject:** A\nB", "Subject") == "A"
    assert field_line("**Subject:**\n", "Subject") is None


def test_a_read_file_is_named_by_its_path_below_the_root(tmp_path: Path) -> None:
    (tmp_path / "etcd").mkdir()
    path = tmp_path / "etcd" / "no.leader.md"
    path.write_text("# A\n")
    document = read_document(path, tmp_path)
    assert (document.slug, document.path, document.name) == (
        "etcd/no.leader",
        path,
        "etcd/no.leader.md",
    )


def test_every_document_of_the_corpora_can_be_read(corpora: Path) -> None:
    folder = corpora / "corpora"
    documents = [read_document(path, folder) for path in sorted(folder.rglob("*.md"))]
    assert len(documents) == 128
    assert all(document.title for document in documents)
