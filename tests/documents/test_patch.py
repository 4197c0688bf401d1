"""What was published, brought into the repository with git itself."""

import subprocess
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from portal.documents.images.store import image_file, images_root
from portal.documents.models import DocumentKind
from portal.documents.publishing.comparison import MOST_LINES
from portal.documents.publishing.patch import patch_of, patch_of_all, unshipped
from tests.documents.conftest import put
from tests.support.trials import examples

REPORT, TEMPLATE = DocumentKind.REPORT, DocumentKind.TEMPLATE


class Repository:
    """A checkout whose `incidents/` is what was shipped."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet")
        self.git("config", "core.autocrlf", "false")

    def git(self, *words: str, given: bytes = b"") -> None:
        command = ["git", "-c", "safe.directory=*", *words]
        found = subprocess.run(
            command, cwd=self.root, input=given, capture_output=True, check=False
        )
        assert found.returncode == 0, found.stderr.decode() + given.decode("latin-1")

    def apply(self, patch: bytes) -> None:
        self.git("apply", "--check", "-", given=patch)
        self.git("apply", "-", given=patch)

    def read(self, slug: str) -> bytes:
        return (self.root / "incidents" / f"{slug}.md").read_bytes()


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    return tmp_path / "checkout" / "incidents"


@pytest.fixture
def repository(shipped: Path) -> Repository:
    return Repository(shipped.parent)


LONG = "".join(f"line {number}\n" for number in range(60))
CHANGED = LONG.replace("line 3\n", "").replace("line 30\n", "other\nand more\n") + "last\n"
UNLIKE = "".join(f"{n}\n" for n in range(MOST_LINES))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# Old\n", "# New\n"),
        (LONG, CHANGED),
        (CHANGED, LONG),
        ("a\n", "b\n" + LONG),
        (LONG, "a\n"),
        ("no end", "an end\n"),
        ("an end\n", "no end"),
        ("no end", "no end either"),
        ("a\nb", "a\nb\n"),
        ("", "# New\n"),
        ("# Old\n", ""),
        ("a\r\nb\r\n", "a\nb\n"),
        ("a\rb\n", "a\rc\n"),
        ("\u2028a\x0cb\n", "\u2028a\x0cc\n"),
        ("é\n", "è — “…”\n"),
        (b"\xff\xfe\n", b"\xff\xfd\n"),
        ("\ufeff# Old\n", "# New\n"),
        ("--- a/x\n+++ b/x\n", "--- a/y\n+++ b/x\n@@ -1 +1 @@\n"),
        (UNLIKE, UNLIKE.replace("1", "x")),
    ],
)
def test_git_makes_the_published_text_of_the_shipped_one(
    app, repository, shipped: Path, published: Path, before, after
):
    put(shipped, "outage", before)
    put(published, "outage", after)
    repository.apply(patch_of(REPORT, "outage"))
    assert repository.read("outage") == (published / "outage.md").read_bytes()


@pytest.mark.parametrize("text", ["# New\n", "no end", "", "\n"])
def test_a_new_text_is_a_new_file(app, repository, published: Path, text: str):
    put(published, "outage", text)
    repository.apply(patch_of(REPORT, "outage"))
    assert repository.read("outage") == text.encode()


@pytest.mark.parametrize(
    "slug", ["a b", "2025/Outage, December", 'the "site"', "é", "back\\slash", "tab\there", "a  b "]
)
@pytest.mark.parametrize("is_new", [True, False])
def test_any_name_is_found(app, repository, shipped, published, slug: str, is_new: bool):
    if not is_new:
        put(shipped, slug, "# Old\n")
    put(published, slug, "# New\n")
    repository.apply(patch_of(REPORT, slug))
    assert repository.read(slug) == b"# New\n"


def test_one_patch_holds_everything(app, repository, shipped: Path, published: Path):
    put(shipped, "a", "# A\n")
    put(shipped, "b", "# B\n")
    for slug in ("a", "c"):
        put(published, slug, f"# {slug} in other words")
    assert unshipped(REPORT) == ["a", "c"]
    repository.apply(patch_of_all(REPORT))
    assert [repository.read(slug) for slug in "abc"] == [
        b"# a in other words",
        b"# B\n",
        b"# c in other words",
    ]


def test_templates_come_into_their_own_folder(app, repository, shipped, published):
    put(shipped, "emails/outage", "# Old\n")
    put(published, "emails/outage", "# New\n")
    assert patch_of_all(REPORT) == b""
    repository.apply(patch_of_all(TEMPLATE))
    assert repository.read("emails/outage") == b"# New\n"


def test_what_the_repository_says_already_is_in_no_patch(app, shipped: Path, published: Path):
    put(shipped, "outage", "# The same\n")
    assert patch_of(REPORT, "outage") == b""
    put(published, "outage", "# The same\n")
    assert patch_of(REPORT, "outage") == b""
    assert unshipped(REPORT) == []


PICTURES = [b"RIFF\0\0", b"", bytes(range(256)) * 40, Random(7).randbytes(5_000)]


def keep(content: bytes) -> str:
    """Put a picture among those that are kept; gives its Markdown."""
    name = sha256(content).hexdigest()
    images_root().mkdir(parents=True, exist_ok=True)
    (images_root() / f"{name}.webp").write_bytes(content)
    return f"![A chart](/documents/images/{name}.webp)\n"


def test_pictures_come_along_and_are_found_where_they_are_put(
    app, repository, shipped: Path, published: Path
):
    marks = [keep(content) for content in PICTURES]
    put(shipped, "b", "# B\n")
    put(published, "a", "# A\n" + "".join(marks[:3]))
    put(published, "b", "# B\n" + "".join(marks[2:]))
    repository.apply(patch_of_all(REPORT))
    for content in PICTURES:
        name = sha256(content).hexdigest()
        assert (shipped / "images" / f"{name}.webp").read_bytes() == content
        (images_root() / f"{name}.webp").unlink()
        assert image_file(name).read_bytes() == content
    assert patch_of_all(REPORT) == b""


def test_a_picture_that_was_forgotten_is_brought_later(app, repository, shipped, published):
    text = f"# A\n{keep(b'chart')}"
    put(shipped, "a", text)
    put(published, "a", text)
    assert unshipped(REPORT) == ["a"]
    repository.apply(patch_of(REPORT, "a"))
    assert unshipped(REPORT) == []


def test_those_of_templates_lie_with_those_of_reports(app, repository, shipped, published):
    put(published, "emails/hello", f"Hi [Client Name]\n{keep(b'chart')}")
    repository.apply(patch_of_all(TEMPLATE))
    assert len(list((shipped / "images").iterdir())) == 1


def test_a_picture_that_is_not_there_stops_no_patch(app, repository, published):
    put(published, "a", f"![x](/documents/images/{'0' * 64}.webp)\n")
    repository.apply(patch_of_all(REPORT))
    assert repository.read("a") == (published / "a.md").read_bytes()
    assert unshipped(REPORT) == []


LINES = st.lists(st.sampled_from(["a\n", "b\n", "\n", "a", "\r\n", " ", "\\ No newline\n"]))


@trials(
    max_examples=examples(40),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(LINES, LINES)
def test_any_two_texts(app, repository, shipped: Path, published: Path, old, new):
    put(shipped, "outage", "".join(old))
    put(published, "outage", "".join(new))
    if patch := patch_of(REPORT, "outage"):
        repository.apply(patch)
    assert repository.read("outage") == "".join(new).encode()
