"""Headings are named as code hosts name them."""

import pytest

from portal.documents.markdown.slugs import Slugs, plain_title, slug_of


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Take a backup and prove it", "take-a-backup-and-prove-it"),
        ("Step 1: Check", "step-1-check"),
        ("A & B", "a--b"),
        ("snake_case and kebab-case", "snake_case-and-kebab-case"),
        ("Größe & Übung", "größe--übung"),
        ("v1.2.3", "v123"),
        ("🚀", ""),
    ],
)
def test_a_name_is_made_of_letters_digits_and_dashes(title: str, slug: str) -> None:
    assert slug_of(title) == slug


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("**Bold** and *slanted* and ~~struck~~", "Bold and slanted and struck"),
        ("`code` and ``co`de``", "code and co`de"),
        ("[a link](https://a.b) and [another][c]", "a link and another"),
        ("![a picture](a.png) here", "a picture here"),
        ("snake_case_name", "snake_case_name"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("a <kbd>key</kbd>", "a key"),
        ("\\*no emphasis\\*", "*no emphasis*"),
        ("  a \t b  ", "a b"),
        ("", ""),
    ],
)
def test_a_title_is_the_words_without_the_marks(heading: str, title: str) -> None:
    assert plain_title(heading) == title


def test_a_title_is_cut_before_it_is_searched() -> None:
    assert len(plain_title("[" * 100_000)) == 500


def test_each_name_is_given_once() -> None:
    slugs = Slugs()
    names = [slugs.name(title) for title in ("a", "a", "a-1", "a", "A", "!", "?")]
    assert names == ["a", "a-1", "a-1-1", "a-2", "a-3", "section", "section-1"]
