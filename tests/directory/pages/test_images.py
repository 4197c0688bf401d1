"""Pictures come from one folder, by the hash of their content, and are kept for good."""

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from portal.core.configuration.settings import Settings
from portal.directory.pictures import sources_of
from tests.support.pages import PageClient

NAME = "ab" * 16 + ".webp"


@pytest.fixture(autouse=True)
def folder(settings: Settings) -> Path:
    folder = settings.data / "images"
    folder.mkdir(parents=True)
    (folder / NAME).write_bytes(b"RIFF")
    (folder / "notes.txt").write_text("not a picture")
    (settings.data / NAME.replace("ab", "cd")).write_bytes(b"outside")
    return folder


def test_a_picture_is_served_and_kept(reader: PageClient):
    answer = reader.get(f"/images/{NAME}")
    assert answer.status_code == 200
    assert answer.mimetype == "image/webp"
    assert "max-age=31536000" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        "../ops.sqlite3",
        "..%2fops.sqlite3",
        "AB" * 16 + ".webp",
        "ab.webp",
        "cd" * 16 + ".webp",
        ".",
        "",
    ],
)
def test_nothing_else_is(reader: PageClient, name: str):
    assert reader.get(f"/images/{name}").status_code in {404, 308}


def test_a_link_out_of_the_folder_is_not_followed(reader: PageClient, folder: Path):
    link = folder / ("ef" * 16 + ".webp")
    link.symlink_to(folder.parent / ("cd" * 16 + ".webp"))
    assert reader.get(f"/images/{link.name}").status_code == 404


def test_a_list_gets_it_no_wider_than_it_shows_it(reader: PageClient, folder: Path):
    Image.new("RGB", (960, 640), "#345").save(folder / NAME, "WEBP")
    for _ in range(2):
        answer = reader.get(f"/images/480/{NAME}")
        assert answer.status_code == 200
        assert answer.mimetype == "image/webp"
        assert "max-age=31536000" in answer.headers["Cache-Control"]
        assert Image.open(BytesIO(answer.data)).size == (480, 320)


def test_it_has_a_size_between_a_list_s_and_the_whole(reader: PageClient, folder: Path):
    Image.new("RGB", (1920, 1280), "#345").save(folder / NAME, "WEBP")
    answer = reader.get(f"/images/960/{NAME}")
    assert Image.open(BytesIO(answer.data)).size == (960, 640)
    assert "max-age=31536000" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("size", "srcset", "shape"),
    [
        ((1920, 1280), "/images/480/{0} 480w, /images/960/{0} 960w, /images/{0} 1920w", None),
        ((960, 1920), "/images/480/{0} 480w, /images/{0} 960w", None),
        ((480, 320), "/images/{0} 480w", None),
        ((None, None), "/images/480/{0} 480w, /images/{0} 960w", (600, 400)),
        ((0, 9), "/images/480/{0} 480w, /images/{0} 960w", (600, 400)),
    ],
)
def test_a_page_names_the_sizes_that_a_picture_has(
    size: tuple[int | None, int | None], srcset: str, shape: tuple[int, int] | None
):
    found = sources_of(NAME, *size)
    assert found.srcset == srcset.format(NAME)
    assert found.src == f"/images/{NAME}"
    assert (found.width, found.height) == (shape or size)


@pytest.mark.parametrize("content", [b"RIFF", b"", b"<svg/>"])
def test_a_picture_that_cannot_be_redrawn_is_served_as_it_is(
    reader: PageClient, folder: Path, content: bytes
):
    (folder / NAME).write_bytes(content)
    assert reader.get(f"/images/480/{NAME}").data == content


@pytest.mark.parametrize("name", ["notes.txt", "..%2f..%2fops.sqlite3", "cd" * 16 + ".webp", ""])
def test_nothing_else_is_made_small(reader: PageClient, folder: Path, name: str):
    assert reader.get(f"/images/480/{name}").status_code in {404, 308}
    assert not (folder / "480").exists()
