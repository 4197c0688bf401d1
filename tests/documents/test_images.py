"""Pictures: drawn anew, without what was hidden in them, and nothing that is none."""

import struct
import zlib
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from sqlalchemy import select

from portal.accounts.models import Account
from portal.audit.models import AuditEntry
from portal.core.errors import Invalid, NotFound
from portal.core.storage.database import db
from portal.documents.images import store as images
from portal.documents.images.store import image_file, images_root, keep_image
from portal.documents.rendering.own_images import image_allowed
from portal.documents.rendering.render import render

SECRET = b"51.5007 N, 0.1246 W, taken by Omar"


def picture(
    kind: str = "PNG", size: tuple[int, int] = (40, 30), mode: str = "RGB", **more
) -> bytes:
    out = BytesIO()
    drawn = Image.effect_noise(size, 60).convert(mode)
    drawn.save(out, kind, **more)
    return out.getvalue()


def kept(data: bytes, by: Account) -> Image.Image:
    found = keep_image(data, by=by)
    with Image.open(image_file(found.sha256)) as opened:
        opened.load()
        return opened


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_31_a_picture_becomes_webp_named_by_its_content(omar, kind: str):
    found = keep_image(picture(kind), by=omar)
    file = image_file(found.sha256)
    with Image.open(file) as opened:
        assert opened.format == "WEBP"
    assert found.address == f"/documents/images/{found.sha256}.webp"
    assert (found.width, found.height) == (40, 30)
    assert sha256(file.read_bytes()).hexdigest() == found.sha256


def test_the_same_picture_twice_is_one_file_and_one_entry(omar):
    data = picture()
    assert keep_image(data, by=omar) == keep_image(data, by=omar)
    db.session.commit()
    assert len(list(images_root().iterdir())) == 1
    actions = db.session.scalars(select(AuditEntry.action)).all()
    assert actions == ["document.picture-kept"]


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
def test_31_what_a_camera_adds_is_gone(omar, kind: str):
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    data = picture(kind, exif=exif.tobytes(), icc_profile=b"ICC " + SECRET)
    assert SECRET in data or kind == "PNG"
    found = keep_image(data, by=omar)
    content = image_file(found.sha256).read_bytes()
    assert SECRET not in content
    assert set(chunks(content)) <= {b"VP8 ", b"VP8L", b"VP8X", b"ALPH"}


def chunks(webp: bytes) -> list[bytes]:
    """The names of a WebP file's parts."""
    at, names = 12, []
    while at < len(webp):
        size = struct.unpack("<I", webp[at + 4 : at + 8])[0]
        names.append(webp[at : at + 4])
        at += 8 + size + size % 2
    return names


def test_what_is_hidden_behind_a_picture_is_gone(omar):
    found = keep_image(picture() + b"<script>alert(1)</script>", by=omar)
    assert b"script" not in image_file(found.sha256).read_bytes()


def test_a_text_in_a_picture_is_gone(omar):
    info = PngInfo()
    info.add_text("Comment", SECRET.decode())
    assert SECRET not in image_file(keep_image(picture(pnginfo=info), by=omar).sha256).read_bytes()


def test_a_picture_is_turned_the_right_way_up(omar):
    exif = Image.Exif()
    exif[0x0112] = 6
    assert kept(picture("JPEG", (40, 20), exif=exif.tobytes()), omar).size == (20, 40)


def test_31_a_large_picture_is_made_smaller(omar):
    assert max(kept(picture("JPEG", (2100, 300)), omar).size) == images.LONGEST_SIDE


def test_what_can_be_seen_through_stays_so(omar):
    drawn = Image.new("RGBA", (8, 8), (10, 20, 30, 0))
    out = BytesIO()
    drawn.save(out, "PNG")
    assert kept(out.getvalue(), omar).convert("RGBA").getpixel((1, 1))[3] == 0


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16"])
def test_any_kind_of_pixels_is_read(omar, mode: str):
    out = BytesIO()
    Image.new(mode, (8, 8)).save(out, "PNG")
    assert kept(out.getvalue(), omar).size == (8, 8)


def test_a_screenshot_stays_exact(omar):
    drawn = Image.new("RGB", (64, 64), (12, 34, 56))
    drawn.putpixel((5, 5), (255, 0, 0))
    out = BytesIO()
    drawn.save(out, "PNG")
    assert kept(out.getvalue(), omar).convert("RGB").getpixel((5, 5)) == (255, 0, 0)


def test_a_photograph_saved_as_png_is_made_small(omar):
    data = picture(size=(600, 600))
    found = keep_image(data, by=omar)
    assert image_file(found.sha256).stat().st_size < len(data) / 2


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def png_of(width: int, height: int) -> bytes:
    """The head of a picture that says how large it is, with next to nothing behind it."""

    def part(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", head)
        + part(b"IDAT", zlib.compress(b""))
        + part(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (SVG, "SVG"),
        (b"\xef\xbb\xbf  <?xml version='1.0'?>" + SVG, "SVG"),
        (b"<!-- x -->" + SVG, "SVG"),
        (b"GIF89a" + SVG, "damaged"),
        (b"\xff\xd8\xff" + b"<?php system($_GET[0]);", "damaged"),
        (b"<html><script>alert(1)</script>", "no picture"),
        (b"%PDF-1.7", "no picture"),
        (b"BM" + b"\0" * 60, "no picture"),
        (b"II*\0" + b"\0" * 60, "no picture"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "no picture"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "damaged"),
        (b"\0" * 100, "no picture"),
        (png_of(6_000, 6_000), "30 million pixels"),
        (png_of(60_000, 60_000), "30 million pixels"),
        (png_of(10_000, 10_000), "30 million pixels"),
        (png_of(100, 100), "damaged"),
        (png_of(0, 0), "damaged"),
    ],
)
def test_31_what_is_no_picture_is_refused_with_a_sentence(omar, data: bytes, sentence: str):
    with pytest.raises(Invalid, match=sentence):
        keep_image(data, by=omar)
    assert not images_root().exists()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_that_was_cut_off_is_refused(omar, kind: str):
    data = picture(kind, (300, 300))
    with pytest.raises(Invalid, match="damaged"):
        keep_image(data[: len(data) // 2], by=omar)


def test_31_a_picture_of_too_many_bytes_is_refused(omar):
    with pytest.raises(Invalid, match="larger than 10 MB"):
        keep_image(picture() + b"\0" * images.LARGEST, by=omar)


@pytest.mark.parametrize("name", ["", "x", "../" + "a" * 61, "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_no_other_name_is_a_picture(app, name: str):
    with pytest.raises(NotFound):
        image_file(name)


def test_a_link_is_no_picture(app, tmp_path: Path):
    images_root().mkdir(parents=True)
    (tmp_path / "secret").write_text("secret")
    (images_root() / f"{'a' * 64}.webp").symlink_to(tmp_path / "secret")
    with pytest.raises(NotFound):
        image_file("a" * 64)


@pytest.mark.parametrize(
    "shows", ["A chart", "a](javascript:alert(1)) ![", "two\nlines", "`code` *b* <b>", "[x]", "\\"]
)
def test_the_picture_is_in_a_text_with_its_words(omar, shows: str):
    found = keep_image(picture(), by=omar)
    assert image_allowed(found.address)
    html = render(found.markdown(shows)).html
    assert html.count("<img") == 1
    assert f'src="{found.address}"' in html
    assert "<b>" not in html
    assert "javascript" not in html.replace("](javascript:alert(1))", "")
