"""Whatever a file is written in, its rows are read, with the lines that an editor shows."""

import codecs
import csv
import io
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.errors import Invalid
from portal.directory.exports.escaping import escaped, unescaped
from portal.directory.imports.opening import headings_of
from portal.directory.imports.reading.decoding import decoded, guess, require_text
from portal.directory.imports.reading.proposing import proposed
from portal.directory.imports.reading.rows import Row, delimiter_of, fitted, rows_of
from tests.support.trials import examples

TEXT = "name;city\r\nStudio Zoë;Köln – „größer“\r\nCafé Ñandú;São Paulo\r\n"
ENCODED = {
    "utf-8": TEXT.encode(),
    "bom": codecs.BOM_UTF8 + TEXT.encode(),
    "utf-16": TEXT.encode("utf-16"),
    "utf-16-le": TEXT.encode("utf-16-le"),
    "utf-16-be": TEXT.encode("utf-16-be"),
    "windows": TEXT.encode("cp1252"),
    "latin-1": TEXT.replace("–", "-").replace("„", '"').replace("“", '"').encode("latin-1"),
    "mac": TEXT.encode("mac_roman"),
    "dos": TEXT.replace("–", "-").replace("„", '"').replace("“", '"').encode("cp850"),
}


def read(text: str, delimiter: str = ",") -> list[tuple[int, tuple[str, ...]]]:
    return [(each.line, each.cells) for each in rows_of(text, delimiter)]


@pytest.mark.parametrize("name", list(ENCODED))
def test_the_encoding_is_found(name: str):
    content = ENCODED[name]
    require_text(content)
    text = decoded(content, guess(content).encoding)
    assert "Zoë;Köln" in text
    assert "Ñandú;São" in text
    assert text.startswith("name")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "This file is empty."),
        (b"\xef\xbb\xbf\r\n\r\n", "This file is empty."),
        (b"PK\x03\x04 and so on", "This is an Excel or ZIP file, not CSV."),
        (b"%PDF-1.7", "This is a PDF file, not CSV."),
        (bytes(range(256)) * 40 + b"\0" * 900, "This file is no text, so it is not CSV."),
    ],
    ids=["nothing", "blank", "zip", "pdf", "binary"],
)
def test_what_is_no_text_is_refused_in_one_sentence(content: bytes, said: str):
    with pytest.raises(Invalid) as refused:
        require_text(content)
    assert refused.value.sentence == said


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a;b\n1,5;2,5\n3,5;4\n", ";"),
        ("a\tb\n1, 2\t3\n", "\t"),
        ('a,b\n"x; y; z",1\n"p;q",2\n', ","),
        ("a|b|c\n1|2|3\n", "|"),
        ("sep=;\na;b\n1;2\n", ";"),
        ("name\nSoho\n", ","),
    ],
    ids=["semicolon", "tab", "comma", "bar", "named", "one column"],
)
def test_the_delimiter_is_the_one_that_divides_all_rows_alike(text: str, delimiter: str):
    assert delimiter_of(text) == delimiter


def test_lines_are_those_of_the_file():
    text = 'a,b\r\n\r\n1,"two\r\nlines"\r\n"x\n\ny",2\r\n ,\r\nlast,3'
    assert read(text) == [
        (1, ("a", "b")),
        (3, ("1", "two\r\nlines")),
        (5, ("x\n\ny", "2")),
        (9, ("last", "3")),
    ]
    assert read("sep=;\na;b\n1;2", ";") == [(2, ("a", "b")), (3, ("1", "2"))]
    assert [line for line, _ in read("a\rb\rc")] == [1, 2, 3]


def test_a_quote_that_is_never_closed_is_named_where_it_opens():
    *_, last = rows_of('a,b\n1,2\n3,"four\n5,6\n7,8\n', ",")
    assert (last.line, last.fault) == (
        *(3, "A quote is opened in this row and never closed. Close it."),
    )


def test_a_cell_of_many_megabytes_is_one_sentence():
    *_, last = rows_of("a,b\n1,2\n" + "x" * 20_000_000, ",")
    assert last.line == 3
    assert "longer than 131,072 characters" in (last.fault or "")


def test_rows_of_another_width_are_named_and_empty_ends_are_none():
    rows = [Row(line, ("x",) * 3) for line in range(2, 40)]
    odd = [Row(40, ("x", "y")), Row(41, ("x",) * 4), Row(42, ("x", "y", "z", " "))]
    *good, short, long, empty = fitted([*rows, *odd], 3)
    assert not any(each.fault for each in good)
    assert not empty.fault
    assert short.fault == (
        "This row has 2 cells, and there are 3 columns."
        " Put a text with a line break in it in quotes."
    )
    assert long.fault
    assert "4 cells" in long.fault
    trimmed = fitted([Row(1, ("x",)), Row(2, ("x", "y", "z"))], 3)
    assert trimmed[0].cells == ("x", "", "")


def test_columns_are_proposed_by_their_headings_and_by_their_cells():
    heads = ("Firmenname", "E-Mail-Adresse", "col3", "col4", "col5", "col6", "col7", "Farbe")
    cells = [
        ["Soho"],
        ["x@y.example"],
        ["+44 20 7946 0018", "020 7946 0018"],
        ["https://www.instagram.com/x"],
        ["www.soho.example"],
        ["51.51360", "48.8567"],
        ["-0.13650", "2.35090"],
        ["red"],
    ]
    assert proposed(heads, cells) == {
        0: "name",
        1: "email",
        2: "phone",
        3: "instagram_url",
        4: "website_url",
        5: "latitude",
        6: "longitude",
    }
    assert proposed(["where"], [["51.5136, -0.1365"]]) == {0: "coordinates"}
    assert headings_of(["Phone", "", "phone", "Phone"]) == [
        "Phone",
        "Column B",
        "phone",
        "Phone (2)",
    ]


@given(st.lists(st.lists(st.text(max_size=20), min_size=2, max_size=5), min_size=1, max_size=20))
@settings(max_examples=examples(30), deadline=None)
def test_what_is_written_is_read_again(table: list[list[str]]):
    made = io.StringIO(newline="")
    csv.writer(made).writerows([[escaped(each) for each in row] for row in table])
    text = made.getvalue().encode("utf-8", "replace").decode()
    found = [[unescaped(each) for each in row.cells] for row in rows_of(text, ",")]
    wanted = [
        [each.encode("utf-8", "replace").decode() for each in row]
        for row in table
        if any(each.strip() for each in row)
    ]
    if not any("\0" in each for row in wanted for each in row):
        assert found == wanted


@given(st.binary(max_size=400))
@settings(max_examples=examples(150), deadline=None)
def test_any_bytes_are_rows_or_one_sentence(content: bytes):
    with suppress(Invalid):
        require_text(content)
    text = decoded(content, guess(content).encoding)
    lines = [each.line for each in rows_of(text, delimiter_of(text))]
    assert lines == sorted(set(lines))


@given(st.text(max_size=30))
def test_an_escaped_cell_is_no_formula_and_comes_back(cell: str):
    assert escaped(cell)[:1] not in {"=", "+", "-", "@", "\t", "\r"}
    assert unescaped(escaped(cell)) == cell
