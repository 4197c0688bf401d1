"""The demo's pictures: drawn, named by their content, and written once."""

from io import BytesIO

import pytest
from PIL import Image

from portal.directory.demo import write_demo_images
from portal.directory.demo.picture_names import PICTURE_NAMES
from portal.directory.demo.pictures import name_of, picture
from portal.directory.demo.scenes import COUNT, SCENES, alt_text
from tests.directory.rows import contents


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images") / "below" / "this"
    assert write_demo_images(folder) == list(PICTURE_NAMES)
    return folder


def test_every_picture_is_there_once(folder):
    assert sorted(file.name for file in folder.iterdir()) == sorted(PICTURE_NAMES)
    assert 48 <= len(set(PICTURE_NAMES)) == len(PICTURE_NAMES) == COUNT <= 64


def test_names_are_the_hash_of_the_content(folder):
    for name in PICTURE_NAMES:
        assert name_of((folder / name).read_bytes()) == name


def test_pictures_are_three_by_two_and_small_enough_for_a_page(folder):
    for file in folder.iterdir():
        with Image.open(file) as image:
            assert (image.format, image.size) == ("WEBP", (960, 640))
        assert 1_000 < file.stat().st_size < 90_000


def test_pictures_show_something(folder):
    """Many tones and no noise: neighbouring points are alike."""
    for number in range(len(SCENES)):
        with Image.open(BytesIO(picture(number))) as image:
            small = image.convert("L").resize((96, 64))
            tones = small.get_flattened_data()
            assert max(tones) - min(tones) > 60
            assert len(set(tones)) > 25


def test_drawing_again_gives_the_same_bytes():
    for number in range(len(SCENES)):
        assert picture(number) == picture(number)


def test_what_is_there_is_left_alone(folder):
    file = folder / PICTURE_NAMES[0]
    before = file.stat().st_mtime_ns
    write_demo_images(folder)
    assert file.stat().st_mtime_ns == before


def test_a_half_written_picture_is_never_seen(folder, monkeypatch):
    file = folder / PICTURE_NAMES[3]
    file.unlink()
    monkeypatch.setattr(
        "portal.directory.demo.pictures.picture",
        lambda number: (_ for _ in ()).throw(OSError(28, "No space")),
    )
    with pytest.raises(OSError, match="No space"):
        write_demo_images(folder)
    assert not file.exists()
    monkeypatch.undo()
    write_demo_images(folder)
    assert file.exists()


def test_every_picture_has_words_for_those_who_cannot_see_it():
    words = [alt_text(number) for number in range(COUNT)]
    assert len(set(words)) == COUNT
    assert all(10 < len(each) < 120 and "{" not in each for each in words)


def test_studios_show_pictures_that_exist(demo):
    images = contents(demo)["studio_images"]
    assert images
    for image in images:
        assert image["image_url"].removeprefix("/images/") in PICTURE_NAMES
        assert image["alt_text"]
    assert {image["sort_order"] for image in images} >= {0, 1, 2}
