"""A list falls into pages without losing or repeating anything."""

from hypothesis import given
from hypothesis import strategies as st

from portal.core.paging import page_of


@given(st.lists(st.integers(), max_size=200), st.integers(1, 30))
def test_the_pages_together_are_the_list(items: list[int], size: int):
    pages = page_of(items, number=1, size=size).pages
    parts = [page_of(items, number=n, size=size).items for n in range(1, pages + 1)]
    assert [item for part in parts for item in part] == items


def test_a_page_beyond_the_last_is_the_last():
    page = page_of(range(50), number=99, size=24)
    assert (page.number, page.first, page.last, page.pages) == (3, 49, 50, 3)


def test_an_empty_list_is_one_empty_page():
    page = page_of([], number=0, size=24)
    assert (page.number, page.first, page.last, page.pages, page.total) == (1, 0, 0, 1, 0)
