"""Ids of a text are its own, and what led to a heading leads there still."""

from collections import Counter

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from portal.documents.markdown.anchors import PREFIX, with_own_ids
from portal.documents.markdown.safety import clean
from portal.documents.rendering.render import render

TEXT = """# main

[plain](#how-we-fixed-it) [by case](#How-We-Fixed-It) [coded](#gr%C3%B6%C3%9Fe) [top](#top)
[other](two.md#part) [nested](../a/two.md#part) [site](/ops/incidents/two#part)
[abroad](https://a.test/two.md#part) [no heading](#nowhere) [mail](mailto:a@b.test)

## How we fixed it

## Größe

<a id="kept" name="content"></a><h2 id="main">main</h2>

a[^1] b[^1]

[^1]: c
"""


def parsed(source: str) -> BeautifulSoup:
    return BeautifulSoup(render(source).html, "html5lib")


def test_every_id_has_the_prefix_and_is_there_once() -> None:
    soup = parsed(TEXT)
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert all(each.startswith(PREFIX) for each in ids)
    assert max(Counter(ids).values()) == 1
    assert not soup.find_all(attrs={"name": True})
    assert {entry.id for entry in render(TEXT).toc} <= set(ids)


def test_links_lead_where_they_led() -> None:
    soup = parsed(TEXT)
    to = {link.text: link["href"] for link in soup.find_all("a", href=True)}
    for words in ("plain", "by case"):
        assert soup.find(id=to[words][1:]).text == "How we fixed it"
    assert soup.find(id=to["coded"][1:]).text == "Größe"
    assert to["other"] == f"two.md#{PREFIX}part"
    assert to["nested"] == f"../a/two.md#{PREFIX}part"
    same = ("top", "site", "abroad", "no heading", "mail")
    assert [to[each] for each in same] == [
        "#top",
        "/ops/incidents/two#part",
        "https://a.test/two.md#part",
        "#nowhere",
        "mailto:a@b.test",
    ]
    for mark in soup.select("a.footnote-ref, a.footnote-backref"):
        assert soup.find(id=mark["href"][1:])


@pytest.mark.parametrize("name", ["__proto__", "constructor", "", " ", "a b", "x&amp;y", PREFIX])
def test_whatever_an_id_is_called(name: str) -> None:
    soup = BeautifulSoup(with_own_ids(clean(f'<h2 id="{name}">a</h2>')), "html5lib")
    assert [tag["id"][: len(PREFIX)] for tag in soup.find_all(id=True)] in ([PREFIX], [])


@given(st.lists(st.text(alphabet="ab#&\"'<>% \n", max_size=8), max_size=5))
def test_nothing_else_changes(names: list[str]) -> None:
    """Whatever stands in ids, links and titles: text and titles are the same."""
    soup = BeautifulSoup("", "html5lib")
    for name in names:
        tag = soup.new_tag("a", id=name, href=f"#{name}", title=name)
        tag.string = name
        soup.body.append(tag)
    html = clean(soup.body.decode_contents())
    before, after = (BeautifulSoup(each, "html5lib") for each in (html, with_own_ids(html)))
    assert before.text == after.text
    titles = [[tag.get("title") for tag in each.find_all("a")] for each in (before, after)]
    assert titles[0] == titles[1]
    ids = [tag["id"] for tag in after.find_all(id=True)]
    assert len(ids) == len(set(ids))
    for old, new in zip(before.find_all("a"), after.find_all("a"), strict=True):
        if old.get("id", "").strip() and old.get("href") == f"#{old['id']}":
            assert after.find(id=new["href"][1:])
