"""The child renders, can be stopped, is replaced, and ends with its parent."""

import os
import resource
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from portal.core.configuration.settings import ROOT
from portal.documents.rendering import process
from portal.documents.rendering import render as rendering
from portal.documents.rendering.process import RenderBusy, Renderer, RenderFailed, renderer
from portal.documents.rendering.render import render

PATIENCE = 0.5
"""Seconds; the product waits longer, which is the same for a text that is stopped."""
#: What made the package slow, or would make a careless one so. Nothing here may take two seconds.
HOSTILE = {
    "4,000 opening brackets": "[" * 4_000,
    "20,000 opening brackets": "[" * 20_000,
    "images that never close": "![" * 10_000,
    "links within links": "[a](" * 5_000,
    "closed links within links": "[" * 3_000 + "a" + "](b)" * 3_000,
    "a run of letters": "x" * 20_000,
    "a run of stars": "*" * 20_000,
    "a run of underscores": "_" * 20_000,
    "a run of backticks": "`" * 20_000,
    "a run of tildes": "~" * 20_000,
    "a run of angles": "<" * 20_000,
    "a run of ampersands": "&" * 20_000,
    "a run of backslashes": "\\" * 20_000,
    "a run of blanks": " " * 20_000 + "a",
    "blanks inside a line": "a" + " " * 20_000 + "b",
    "stars and letters": "*a " * 7_000,
    "stars and underscores": "*a _b " * 4_000,
    "stars on both sides": "a**b" * 5_000,
    "emphasis 5,000 deep": "*a " * 5_000 + "a*" * 5_000,
    "backticks of many lengths": " ".join("`" * n for n in range(200)),
    "marks of quotes": ">" * 20_000,
    "quotes 300 deep": "\n".join("> " * n + "a" for n in range(300)),
    "lists 300 deep on a line": "- " * 300 + "a",
    "lists 300 deep": "\n".join("  " * n + "- a" for n in range(300)),
    "numbered lists 300 deep": "\n".join("   " * n + "1. a" for n in range(300)),
    "lists and quotes 300 deep": "- > " * 300 + "a",
    "tags that never close": "<a " * 7_000,
    "attributes": "<a" + " b" * 10_000,
    "comments that never close": "<!--" * 5_000,
    "details 5,000 deep": "<details>\n\n" * 5_000,
    "bold tags 20,000 deep": "<b>" * 20_000,
    "quote tags 20,000 deep": "<blockquote>" * 20_000,
    "a wide table": "|a" * 5_000 + "\n" + "|-" * 5_000 + "\n" + ("|b" * 5_000 + "\n") * 20,
    "a tall table": "|a|b|\n|-|-|\n" + "|c|d|\n" * 30_000,
    "a table of bars": "a|b\n-|-\n" + "`|" * 10_000,
    "definitions": "[a]: b\n" * 10_000,
    "a definition that never ends": '[a]: b "' + "\\" * 20_000,
    "footnotes": "".join(f"[^{n}]: a\n\nb[^{n}]\n\n" for n in range(3_000)),
    "addresses": "http://" * 5_000,
    "mail addresses": "a@" * 9_000,
    "mail addresses with dots": "a.b@c.d" * 3_000,
    "fences": "```\n" * 10_000,
    "code that a lexer is slow on": "```python\n" + '"""' * 10_000 + "\n```",
    "javascript that never closes": "```js\n" + "/(" * 10_000 + "\n```",
    "hard breaks": "a  \n" * 10_000,
    "headings": "# a\n" * 5_000,
    "zero bytes": "\0" * 20_000,
    "a mebibyte of words": "word *em* `code` [a](b)\n\n" * 40_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_27_hostile_text_is_answered_in_time_and_the_next_text_renders(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    render("warm")
    monkeypatch.setattr(rendering, "_cache", rendering._Cache())
    with monkeypatch.context() as patch:
        patch.setattr(process, "SECONDS", PATIENCE)
        started = time.monotonic()
        rendered = render(HOSTILE[name])
        took = time.monotonic() - started
    assert took < PATIENCE + 8.0
    assert rendered.note is None or "could not be laid out" in rendered.note
    assert render(f"*{name}*").html == f"<p><em>{name}</em></p>"


@pytest.mark.parametrize("name", ["4,000 opening brackets", "lists 300 deep", "a run of letters"])
def test_27_what_the_design_measured_as_slow_is_laid_out(name: str) -> None:
    assert not render(HOSTILE[name]).failed


@pytest.mark.parametrize("text", ["<blockquote>" * 5_000, "<details>\n\n" * 1_000])
def test_tags_nested_without_end_are_shown_as_typed(text: str) -> None:
    """Whatever goes through the HTML afterwards may take a step deeper at each tag."""
    rendered = render(text)
    assert rendered.note is not None
    assert "nested too deeply" in rendered.note
    assert rendered.html.count("<") == 2


@pytest.mark.parametrize("times", [60, 1_000])
def test_a_page_far_longer_than_its_text_is_not_made(times: int) -> None:
    """One long address that is named again and again: 90 MB of HTML from 94 kB of text."""
    rendered = render("[a] " * times + f"\n\n[a]: https://ben.example/{'a' * 90_000}\n")
    assert rendered.note is not None
    assert "longer than 5 MB" in rendered.note or times > 60
    assert len(rendered.html) < 200_000


def test_it_renders_where_this_process_holds_more_files_than_select_takes(own: Renderer) -> None:
    """As a site does to which a thousand connections are open."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(2048, before[1]), before[1]))
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(1024)]
    try:
        assert own.html("a")[0] == "<p>a</p>"
    finally:
        for each in opened:
            os.close(each)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_what_people_nest_is_laid_out() -> None:
    assert not render("> - " * 25 + "a").failed


@pytest.fixture
def own() -> Renderer:
    """A renderer apart from the others'."""
    own = Renderer()
    yield own
    own.stop()


def test_the_child_starts_when_it_is_first_needed(own: Renderer) -> None:
    assert own.pid is None
    own.html("a")
    assert psutil.pid_exists(own.pid)


def test_one_child_renders_many_texts(own: Renderer) -> None:
    own.html("a")
    first = own.pid
    own.html("b")
    assert own.pid == first


def test_a_render_that_takes_too_long_is_stopped(
    own: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.html("warm")
    stopped = own.pid
    monkeypatch.setattr(process, "SECONDS", 0.05)
    with pytest.raises(RenderFailed, match=r"it takes longer than 0\.05 seconds"):
        own.html(HOSTILE["a wide table"])
    assert not psutil.pid_exists(stopped)


def test_the_next_text_after_a_stop_gets_a_new_child(
    own: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(process, "SECONDS", 0.05)
        with pytest.raises(RenderFailed):
            own.html(HOSTILE["a wide table"])
    assert own.html("*a*")[0] == "<p><em>a</em></p>"


def test_a_child_that_died_between_two_texts_is_replaced_silently(own: Renderer) -> None:
    own.html("a")
    first = own.pid
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: psutil.Process(first).status() == psutil.STATUS_ZOMBIE)
    assert own.html("*b*")[0] == "<p><em>b</em></p>"
    assert own.pid != first


def test_a_child_that_does_not_answer_is_stopped(
    own: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.html("a")
    os.kill(own.pid, signal.SIGSTOP)
    monkeypatch.setattr(process, "SECONDS", 0.3)
    with pytest.raises(RenderFailed, match="longer than"):
        own.html("b" * 500_000)
    assert own.pid is None


def test_a_full_machine_gives_a_busy_renderer(
    own: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "TURN", 0.05)
    with own._turn, pytest.raises(RenderFailed, match="busy"):
        own.html("a")


def test_only_a_few_wait_for_the_renderer_and_the_others_go_on(
    own: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nine pages whose texts take long leave threads for those that lay out nothing."""
    own.html("a")
    monkeypatch.setattr(process, "CROWDED", 0.05)
    os.kill(own.pid, signal.SIGSTOP)
    with ThreadPoolExecutor(9) as threads:
        asked = [threads.submit(own.html, "a") for _ in range(9)]
        wait_until(lambda: sum(each.done() for each in asked) == 9 - process.PLACES)
        os.kill(own.pid, signal.SIGCONT)
        failed = [each.exception() for each in asked]
    assert [type(each) for each in failed if each] == [RenderBusy] * (9 - process.PLACES)


def test_a_busy_renderer_is_not_held_against_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "A text that came *at a bad moment*"
    monkeypatch.setattr(process, "TURN", 0.05)
    with renderer._turn:
        assert render(text).failed
    monkeypatch.setattr(process, "TURN", 10.0)
    assert render(text).html == "<p>A text that came <em>at a bad moment</em></p>"


def test_the_child_sees_no_secret_of_its_parent(
    own: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret of the parent")
    own.html("a")
    assert set(psutil.Process(own.pid).environ()) == {"PYTHONPATH", "LANG"}


def test_the_childs_memory_is_limited(own: Renderer) -> None:
    own.html("a")
    limits = Path(f"/proc/{own.pid}/limits").read_text()
    (line,) = [line for line in limits.splitlines() if line.startswith("Max address space")]
    assert "unlimited" not in line


def test_the_child_imports_nothing_of_the_web(own: Renderer) -> None:
    code = "import sys, portal.documents.rendering.child; print('flask' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], cwd=ROOT) == b"False\n"


def test_a_stopped_renderer_leaves_no_process(own: Renderer) -> None:
    own.html("a")
    pid = own.pid
    own.stop()
    assert not psutil.pid_exists(pid)


SCRIPT = """
import os, sys, time
from portal.documents.rendering.process import renderer
renderer.html("a")
print(renderer.pid, flush=True)
{then}
"""


def python(then: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(then=then)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_the_child_ends_with_its_parent(ending: signal.Signals) -> None:
    with python("time.sleep(60)") as parent:
        child = int(parent.stdout.readline())
        parent.send_signal(ending)
        parent.wait(30)
        wait_until(lambda: not psutil.pid_exists(child))


def test_the_child_ends_with_a_parent_that_is_killed_while_it_renders() -> None:
    busy = (
        "from portal.documents.rendering import process\n"
        "process.SECONDS = 60\n"
        "row = lambda cell: cell * 60_000 + '\\n'\n"
        "renderer.html(row('|a') + row('|-') + row('|b') * 3)\n"
    )
    with python(busy) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        begun = sum(child.cpu_times()[:2])
        wait_until(lambda: sum(child.cpu_times()[:2]) > begun + 0.1)
        parent.kill()
        wait_until(lambda: not child.is_running(), seconds=60)


def test_a_process_that_ends_by_itself_takes_its_child_along() -> None:
    with python("") as parent:
        child = int(parent.stdout.readline())
        assert parent.wait(30) == 0
        wait_until(lambda: not psutil.pid_exists(child))


def test_a_forked_worker_gets_a_child_of_its_own() -> None:
    then = (
        "first = renderer.pid\n"
        "if os.fork() == 0:\n"
        "    assert renderer.pid is None\n"
        "    assert renderer.html('*b*')[0] == '<p><em>b</em></p>'\n"
        "    print(renderer.pid != first, flush=True)\n"
        "    renderer.stop()\n"
        "    os._exit(0)\n"
        "os.wait()\n"
        "assert renderer.html('*c*')[0] == '<p><em>c</em></p>'\n"
        "print(renderer.pid == first, flush=True)\n"
    )
    with python(then) as parent:
        lines = parent.communicate(timeout=60)[0].split()
    assert lines[1:] == ["True", "True"]


def test_a_fork_while_another_thread_renders_leaves_no_lock() -> None:
    then = (
        "with renderer._turn:\n"
        "    forked = os.fork()\n"
        "    if forked == 0:\n"
        "        print(renderer.html('b')[0], flush=True)\n"
        "        renderer.stop()\n"
        "        os._exit(0)\n"
        "os.wait()\n"
    )
    with python(then) as parent:
        assert "<p>b</p>" in parent.communicate(timeout=60)[0]


def test_the_shared_renderer_answers_after_all_of_this() -> None:
    assert renderer.html("*a*")[0] == "<p><em>a</em></p>"


def wait_until(condition: object, *, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
