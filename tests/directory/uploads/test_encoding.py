"""What a picture becomes: upright, in the colours of the web, in sizes that it fills."""

import time
from io import BytesIO

import pytest
from PIL import Image, ImageCms

from portal.core.subprocesses.parent import Child, framed
from portal.directory.uploads.encoding import Encoded, encoded_in
from tests.directory.uploads.files import opened, picture

Colour = tuple[int, ...]


def encoded(data: bytes, child: Child) -> Encoded:
    return encoded_in(child.exchange(framed(data), time.monotonic() + 30))


def middle(found: Encoded, width: int = 0) -> Colour:
    shown = opened(found.files[width]).convert("RGBA")
    colour = shown.getpixel((shown.width // 2, shown.height // 2))
    assert isinstance(colour, tuple)
    return colour


def is_near(found: Colour, wanted: Colour) -> bool:
    return all(abs(one - other) <= 12 for one, other in zip(found, wanted, strict=False))


@pytest.mark.parametrize(
    ("size", "sizes"),
    [
        ((4000, 3000), {0: (1920, 1440), 960: (960, 720), 480: (480, 360)}),
        ((3000, 4000), {0: (1440, 1920), 960: (960, 1280), 480: (480, 640)}),
        ((960, 640), {0: (960, 640), 480: (480, 320)}),
        ((300, 200), {0: (300, 200)}),
        ((4000, 200), {0: (1920, 96), 960: (960, 48), 480: (480, 24)}),
    ],
)
def test_it_has_the_sizes_that_it_fills(
    child: Child, size: tuple[int, int], sizes: dict[int, tuple[int, int]]
) -> None:
    found = encoded(picture(size), child)
    assert {width: opened(each).size for width, each in found.files.items()} == sizes
    assert (found.width, found.height) == sizes[0]


def test_the_same_picture_has_the_same_name(child: Child) -> None:
    one, same = (encoded(picture(comment=words), child) for words in (b"one", b"another"))
    assert one.name == same.name != encoded(picture(colour="#26a"), child).name


@pytest.mark.parametrize("turned", range(1, 9))
def test_it_is_upright(child: Child, turned: int) -> None:
    """Whichever way the camera was held, the red corner is at the top left."""
    upright = Image.new("RGB", (640, 400), "blue")
    upright.paste("red", (0, 0, 200, 120))
    undo = {
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }
    held = upright
    for each in undo.get(turned, []):
        held = held.transpose(each)
    exif = Image.Exif()
    exif[0x0112] = turned
    out = BytesIO()
    held.save(out, "JPEG", exif=exif.tobytes(), quality=95)
    shown = opened(encoded(out.getvalue(), child).files[0]).convert("RGB")
    assert shown.size == (640, 400)
    assert is_near(shown.getpixel((60, 40)), (254, 0, 0))
    assert is_near(shown.getpixel((600, 360)), (0, 0, 254))


def deep_grey() -> bytes:
    out = BytesIO()
    Image.new("I;16", (640, 420), 128 * 257).save(out, "PNG")
    return out.getvalue()


def see_through(mode: str, kind: str) -> bytes:
    out = BytesIO()
    Image.new("RGBA", (640, 420), (200, 50, 20, 100)).convert(mode).save(out, kind, lossless=True)
    return out.getvalue()


def palette_with_a_hole() -> bytes:
    out = BytesIO()
    Image.new("P", (640, 420), 0).save(out, "PNG", transparency=0)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "colour"),
    [
        (lambda: picture(colour="#c83214", kind="PNG"), (200, 50, 20, 255)),
        (lambda: picture(colour="#c83214", mode="CMYK"), (200, 50, 20, 255)),
        (lambda: picture(colour="#808080", mode="L"), (128, 128, 128, 255)),
        (lambda: picture(colour="#c83214", mode="P", kind="PNG"), (200, 50, 20, 255)),
        (lambda: picture(colour="#ffffff", mode="1", kind="PNG"), (255, 255, 255, 255)),
        (deep_grey, (128, 128, 128, 255)),
        (lambda: see_through("RGBA", "PNG"), (200, 50, 20, 100)),
        (lambda: see_through("RGBA", "WEBP"), (200, 50, 20, 100)),
        (lambda: see_through("LA", "PNG"), (90, 90, 90, 100)),
        (palette_with_a_hole, (0, 0, 0, 0)),
    ],
    ids=[
        "rgb",
        "cmyk",
        "grey",
        "palette",
        "bits",
        "16 bits",
        "alpha",
        "webp",
        "grey alpha",
        "hole",
    ],
)
def test_its_colours_are_kept(child: Child, data, colour: Colour) -> None:
    found = middle(encoded(data(), child))
    if colour[3] == 0:
        assert found[3] == 0
    else:
        assert is_near(found, colour), found


def test_a_colour_profile_is_applied(child: Child) -> None:
    """The numbers of a picture in another space are converted, not shown as they are."""
    swapped = swapped_profile()
    assert is_near(
        middle(encoded(picture(colour="#c83214", icc_profile=swapped), child)), (20, 50, 200)
    )


def swapped_profile() -> bytes:
    """sRGB with its red and blue primaries exchanged."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(data[128:132], "big")
    tags = {bytes(data[132 + 12 * n : 136 + 12 * n]): 132 + 12 * n for n in range(count)}
    red, blue = tags[b"rXYZ"], tags[b"bXYZ"]
    data[red : red + 4], data[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(data)
