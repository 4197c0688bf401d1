"""A picture of another host is never loaded, however it is written: it is a link."""

import re

import pytest
from bs4 import BeautifulSoup

from portal.documents.markdown.safety import clean
from portal.documents.rendering.own_images import host_of_picture, image_allowed
from portal.documents.rendering.render import render

OWN = ["images/a.png", "/static/a.png", "../a.png", f"/documents/images/{'0' * 64}.webp"]
ELSEWHERE = [
    "https://a.test/c.png",
    "HTTPS://a.test/c.png",
    "http://a.test/c.png",
    "hTTp:\\\\a.test/c.png",
    "//a.test/c.png",
    " //a.test/c.png",
    "/\\a.test/c.png",
    "\\\\a.test\\c.png",
    "//user:word@a.test:8080/c.png?d=e&f=g",
]
NOWHERE = [
    "data:image/png;base64,AAAA",
    "DATA:image/svg+xml,<svg/>",
    "file:///etc/passwd",
    "blob:https://a.test/1",
    "cid:1",
    "javascript:alert(1)",
    "https:c.png",
    "https://[a",
    "/\t/a.test/c.png",
]
#: Other ways to have a browser load a picture from a host.
WAYS = [
    '<img srcset="//a.test/c.png 2x">',
    '<picture><source srcset="//a.test/c.png"><img src="//a.test/c.png"></picture>',
    '<image src="//a.test/c.png">',
    "<IMG SRC=//a.test/c.png>",
    '<svg><image href="//a.test/c.png" xlink:href="//a.test/c.png"/></svg>',
    '<input type="image" src="//a.test/c.png">',
    '<video poster="//a.test/c.png" src="//a.test/c.mp4"></video>',
    '<audio src="//a.test/c.mp3"></audio>',
    '<div style="background:url(//a.test/c.png)">a</div>',
    "<style>p { background: url(//a.test/c.png) }</style>",
    '<table background="//a.test/c.png"><tr><td background="//a.test/c.png">a</td></tr></table>',
    '<body background="//a.test/c.png">',
    '<link rel="icon" href="//a.test/c.png">',
    '<object data="//a.test/c.png"></object><embed src="//a.test/c.png">',
    '<iframe src="//a.test/c"></iframe>',
    '<a ping="//a.test/c" href="/b">a</a>',
    '<img src="//a.test/c.png" alt=\'"><img src=//a.test/d.png>\'>',
    "![a][b]\n\n[b]: //a.test/c.png",
    "![a]\n\n[a]: <HTTPS://a.test/c.png> 'title'",
    "[![a](//a.test/c.png)](/b)",
    "# ![a](//a.test/c.png)\n\n| ![a](//a.test/c.png) |\n|-|\n\n- [x] ![a](//a.test/c.png)",
    "a[^1]\n\n[^1]: ![a](//a.test/c.png)",
]


def parsed(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html5lib")


def loaded(html: str) -> list[str]:
    """Whatever a browser would load of the page by itself."""
    names = ("src", "srcset", "poster", "background", "data", "ping", "xlink:href", "style")
    found = [
        tag[name] for tag in parsed(html).find_all(True) for name in names if name in tag.attrs
    ]
    found += [tag["href"] for tag in parsed(html).find_all(["image", "link", "use"], href=True)]
    return [each for each in found if not image_allowed(each)]


@pytest.mark.parametrize("source", OWN)
def test_the_site_s_own_are_shown(source: str) -> None:
    assert parsed(render(f"![a](<{source}>)").html).img["src"] == source
    assert image_allowed(source)
    assert host_of_picture(source) is None


@pytest.mark.parametrize("source", ELSEWHERE)
def test_45_a_picture_of_another_host_is_a_link_that_names_it(source: str) -> None:
    soup = parsed(clean(f'<p>see <img src="{source}" alt="A &lt;chart>"></p>'))
    assert not soup.find_all("img")
    assert soup.p.text == "see A <chart> (picture on a.test)"
    assert re.match(r"(?i)https?://([^/]*@)?a\.test", soup.a["href"])
    assert soup.a["rel"] == ["noopener"]
    assert host_of_picture(source) == "a.test"


@pytest.mark.parametrize("source", NOWHERE)
def test_one_without_a_host_is_its_words_alone(source: str) -> None:
    soup = parsed(clean(f'<p>see <img src="{source}" alt="a chart"></p>'))
    assert not soup.find_all(["img", "a"])
    assert soup.p.text == "see a chart (picture, not shown)"
    assert host_of_picture(source) is None


@pytest.mark.parametrize("source", WAYS)
def test_no_other_way_loads_anything(source: str) -> None:
    html = render(source).html
    assert loaded(html) == []
    assert loaded('<img src="//a.test/c.png"><p style="a">') != []


def test_inside_a_link_its_words_stay_and_its_own_link_follows() -> None:
    source = "[![a](//a.test/1.png) and ![](/own.png) ![](http://b.test/2.png)](/more) end"
    soup = parsed(render(source).html)
    assert [(link["href"], link.text) for link in soup.find_all("a")] == [
        ("/more", "a and  Picture"),
        ("https://a.test/1.png", "picture on a.test"),
        ("http://b.test/2.png", "picture on b.test"),
    ]
    assert soup.a.img["src"] == "/own.png"
    words = "a and  Picture (picture on a.test) (picture on b.test) end"
    assert soup.p.text == words


def test_cleaning_again_changes_nothing() -> None:
    for source in (*ELSEWHERE, *NOWHERE):
        once = clean(f'<a href="/b"><img src="{source}" alt="a"></a><img src="{source}">')
        assert clean(once) == once
