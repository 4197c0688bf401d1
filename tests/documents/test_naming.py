"""Names of new documents."""

from datetime import date

import pytest

from portal.core.errors import Invalid
from portal.documents.drafting.naming import LONGEST, RESERVED, check_slug, slug_for


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Studio directory offline", "2025-12-16-studio-directory-offline"),
        ("  What went wrong? (And why) ", "2025-12-16-what-went-wrong-and-why"),
        ("Café Müller’s outage", "2025-12-16-cafe-mullers-outage"),
        ("Don't panic", "2025-12-16-dont-panic"),
        ("a/../b", "2025-12-16-a-b"),
    ],
)
def test_a_name_is_made_of_day_and_title(title: str, slug: str):
    assert slug_for(title, date(2025, 12, 16)) == slug
    assert check_slug(slug) == slug


def test_a_name_without_a_day_is_the_title():
    assert slug_for("Outage") == "outage"


@pytest.mark.parametrize("title", ["", "???", "停電", "<>"])
def test_a_title_without_letters_gives_none(title: str):
    assert slug_for(title, date(2025, 12, 16)) == ""


def test_a_long_title_is_cut_between_words():
    slug = slug_for("words " * 50, date(2025, 12, 16))
    assert len(slug) <= LONGEST
    assert slug.endswith("-words")
    assert len(slug_for("w" * 300)) == LONGEST


@pytest.mark.parametrize(
    "slug", ["", "A", "a--b", "-a", "a-", "a/b", "..", "a.b", "a\n", "ä", " a"]
)
def test_other_names_are_refused(slug: str):
    with pytest.raises(Invalid, match="small letters"):
        check_slug(slug)


@pytest.mark.parametrize("slug", sorted(RESERVED - {"changes.patch"}))
def test_names_of_other_pages_are_refused(slug: str):
    with pytest.raises(Invalid, match="something else"):
        check_slug(slug)
