"""Rendering gives safe HTML or plain text with a note, and never an error."""

import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from bs4 import BeautifulSoup

from portal.documents.markdown.anchors import PREFIX
from portal.documents.rendering import render as rendering
from portal.documents.rendering.process import RenderFailed, renderer
from portal.documents.rendering.render import LARGEST, Rendered, TocEntry, render


def test_markdown_becomes_html() -> None:
    rendered = render("# A\n\n*b*")
    assert rendered.html == '<h1 id="user-content-a">A</h1>\n<p><em>b</em></p>'
    assert (rendered.failed, rendered.note) == (False, None)


def test_the_html_is_marked_as_safe() -> None:
    assert render("a").html.__html__() == "<p>a</p>"


def test_nothing_renders_to_nothing() -> None:
    assert render("").html == ""


def test_headings_get_the_ids_of_code_hosts() -> None:
    rendered = render("# What's `new` in v1.2?\n\n## A & b_c - d\n\n## Größe\n\n## A & b_c - d\n")
    assert rendered.toc == [
        TocEntry(1, "What's new in v1.2?", f"{PREFIX}whats-new-in-v12"),
        TocEntry(2, "A & b_c - d", f"{PREFIX}a--b_c---d"),
        TocEntry(2, "Größe", f"{PREFIX}größe"),
        TocEntry(2, "A & b_c - d", f"{PREFIX}a--b_c---d-1"),
    ]
    soup = BeautifulSoup(rendered.html, "html5lib")
    assert [tag["id"] for tag in soup.find_all(["h1", "h2"])] == [e.id for e in rendered.toc]


def test_ids_are_unique_even_when_a_heading_is_named_like_one() -> None:
    ids = [entry.id for entry in render("# a\n# a\n# a-1\n# a\n").toc]
    assert len(set(ids)) == 4


def test_a_heading_without_words_still_has_an_id() -> None:
    ids = [entry.id for entry in render("# 🚀\n\n#\n").toc]
    assert ids == [f"{PREFIX}section", f"{PREFIX}section-1"]


def test_code_is_coloured_by_classes_and_not_by_styles() -> None:
    html = render("```python\ndef a():\n    return 1\n```").html
    assert '<div class="highlight"><pre tabindex="0"><code><span class="k">def</span>' in html
    assert "style=" not in html


@pytest.mark.parametrize("info", ["", "step", "no-such-language", "{.python}", "text"])
def test_code_keeps_its_text_whatever_the_language(info: str) -> None:
    code = 'if a < b && c:\n\n\tprint("d")'
    soup = BeautifulSoup(render(f"```{info}\n{code}\n```").html, "html5lib")
    assert soup.find("code").get_text() == f"{code}\n"


def test_templates_are_shown_as_typed() -> None:
    assert "{{ 7*7 }}" in render("{{ 7*7 }}").html


def test_a_task_is_a_disabled_box() -> None:
    soup = BeautifulSoup(render("- [ ] a\n- [x] b").html, "html5lib")
    boxes = soup.find_all("input")
    assert [box.attrs for box in boxes] == [
        {"type": "checkbox", "disabled": ""},
        {"type": "checkbox", "disabled": "", "checked": ""},
    ]
    assert soup.ul["class"] == ["task-list"]
    assert soup.li["class"] == ["task-list-item"]


def test_a_footnote_and_its_mark_lead_to_each_other() -> None:
    soup = BeautifulSoup(render("a[^1]\n\n[^1]: b").html, "html5lib")
    mark, back = soup.select_one("a.footnote-ref"), soup.select_one("a.footnote-backref")
    assert soup.find(id=mark["href"][1:]).name == "li"
    assert soup.find(id=back["href"][1:]).name == "sup"


def test_no_document_leaves_anything_for_the_next() -> None:
    render("[a]: /b\n[^1]: c\n\nd[^1]\n\n# e")
    rendered = render("[a] [^1]\n\n# e")
    assert rendered.html == '<p>[a] [^1]</p>\n<h1 id="user-content-e">e</h1>'


@pytest.mark.parametrize("blank", ["", " ", "\n\n"])
def test_a_text_without_words_has_no_contents_of_the_one_before(blank: str) -> None:
    render("# A heading for others")
    assert render(blank).toc == []


def test_marks_of_the_renderers_own_can_not_be_typed() -> None:
    html = render("\x02tight\x03 \x02bar\x03 \x02wzxhzdk:0\x03 \x0260\x03\n\n<b>c</b>").html
    assert "\x02" not in html
    assert "\x03" not in html
    assert html.startswith("<p>tight bar wzxhzdk:0 60</p>")


def test_a_text_is_rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = count_renders(monkeypatch)
    assert render("once") is render("once")
    assert asked == ["once"]


def test_two_audiences_share_no_rendering(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = count_renders(monkeypatch)
    assert render("a", audience="internal") is not render("a", audience="public")
    assert asked == ["a", "a"]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "KEPT", 3)
    asked = count_renders(monkeypatch)
    for text in ("a", "b", "c", "a", "d", "a", "b"):
        render(text)
    assert asked == ["a", "b", "c", "d", "b"]


def test_what_is_remembered_is_bounded_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "KEPT_CHARACTERS", 30)
    asked = count_renders(monkeypatch)
    for text in ("a" * 20, "b" * 20, "a" * 20):
        render(text)
    assert len(asked) == 3


def test_a_failure_is_tried_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fail(source: str) -> None:
        asked.append(source)
        raise RenderFailed("the renderer is busy")

    monkeypatch.setattr(renderer, "html", fail)
    assert render("a") is render("a")
    monkeypatch.setattr(rendering, "FAILURE_KEPT", 0.0)
    render("a")
    assert len(asked) == 2


def test_what_fails_is_shown_as_plain_text_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(source: str) -> None:
        raise RenderFailed("it is nested too deeply")

    monkeypatch.setattr(renderer, "html", fail)
    rendered = render("<b>*a*</b>")
    assert rendered == Rendered(
        html="<pre>&lt;b&gt;*a*&lt;/b&gt;</pre>",
        failed=True,
        note="This text is shown as it was written. "
        "It could not be laid out: it is nested too deeply.",
    )


def test_more_than_a_mebibyte_is_shown_as_plain_text() -> None:
    rendered = render("ä" * LARGEST)
    assert rendered.failed
    assert "larger than 1 MiB" in rendered.note
    assert len(rendered.html.encode()) <= LARGEST + 20


def test_half_a_character_is_no_error() -> None:
    assert render("a \ud800 b").html == "<p>a ? b</p>"


def test_many_threads_can_render() -> None:
    with ThreadPoolExecutor(8) as pool:
        rendered = list(pool.map(render, [f"*{number}*" for number in range(100)]))
    assert [r.html for r in rendered] == [f"<p><em>{n}</em></p>" for n in range(100)]


def test_a_batch_is_fast() -> None:
    render("warm")
    started = time_spent()
    for number in range(100):
        render(f"# {number}\n\n- a\n- b\n\n```sh\nls\n```\n")
    assert time_spent() - started < 5


def time_spent() -> float:
    """Seconds of a processor that this process and its renderer have had so far."""
    child = psutil.Process(renderer.pid).cpu_times()
    return time.process_time() + child.user + child.system


def count_renders(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that reach the child, which still renders them."""
    asked: list[str] = []
    html = renderer.html

    def counted(source: str) -> tuple[str, list[tuple[int, str, str]]]:
        asked.append(source)
        return html(source)

    monkeypatch.setattr(renderer, "html", counted)
    return asked
