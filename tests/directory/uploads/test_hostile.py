"""Hostile files: refused with a sentence, or cleaned; none holds or kills a process of the site."""

import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from portal.core.configuration.settings import Settings
from portal.core.errors import Invalid
from portal.core.subprocesses.parent import Child, framed
from portal.directory.models import User
from portal.directory.uploads import encoding
from portal.directory.uploads.checking import require_picture
from portal.directory.uploads.encoding import Encoded, encode, encoded_in
from portal.directory.uploads.sending import shown_name
from tests.directory.uploads.conftest import Sends, images
from tests.directory.uploads.files import opened, picture
from tests.directory.uploads.hostile import ADDED, HOSTILE, NAMES, SECRET, many_scans

CHUNKS = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH"}


def chunks_of(webp: bytes) -> set[bytes]:
    found, at = set(), 12
    while at < len(webp):
        found.add(webp[at : at + 4])
        size = int.from_bytes(webp[at + 4 : at + 8], "little")
        at += 8 + size + size % 2
    return found


def outcome(data: bytes, child: Child) -> str | Encoded:
    try:
        require_picture(data)
        return encoded_in(child.exchange(framed(data), time.monotonic() + encoding.SECONDS))
    except Invalid as error:
        return str(error)


def test_there_are_forty_of_them() -> None:
    assert len(HOSTILE) >= 40


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_with_a_sentence_or_cleaned(name: str, child: Child) -> None:
    make, wanted = HOSTILE[name]
    found = outcome(make(), child)
    if isinstance(found, str):
        assert wanted in found
        assert "Error" not in found
        return
    assert wanted == ADDED, found
    for content in found.files.values():
        assert SECRET not in content
        assert chunks_of(content) <= CHUNKS
        assert opened(content).getexif() == {}


def test_the_others_of_the_same_upload_are_kept(olive: User, send: Sends) -> None:
    colours = iter(f"#{number}{number}a" for number in range(1, 9))
    names = [NAMES[0], *NAMES[3:6]]
    good = [(name, picture(colour=next(colours))) for name in names]
    bad = [("drawing.svg", HOSTILE["drawing.svg"][0]()), ("cut.jpg", picture()[:-600])]
    answer = send(*good[:2], *bad, *good[2:])
    assert answer.status_code == 422
    assert answer.text.count(ADDED) == len(images()) == len(names)
    for name, sentence in (("drawing.svg", "SVG drawings"), ("cut.jpg", "damaged")):
        assert f"<strong>{name}</strong> <span>" in answer.text
        assert sentence in answer.text
    assert "onerror=alert(1)&gt;" in answer.text
    assert "<img src=x" not in answer.text
    assert "passwd.jpg</strong>" in answer.text
    assert "etc/passwd" not in answer.text
    assert "\u202e" not in answer.text


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_shown_short_and_printable(name: str) -> None:
    shown = shown_name(name)
    assert 0 < len(shown) <= 60
    assert shown.isprintable()
    assert "/" not in shown


def test_a_file_that_is_too_large_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding, "_started", lambda: pytest.fail("it was"))
    with pytest.raises(Invalid, match="larger than 15 MB"):
        encode(b"\xff\xd8\xff" + bytes(15_000_000))


def test_one_that_takes_too_long_is_stopped_with_its_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(encoding, "SECONDS", 0.0)
    with pytest.raises(Invalid, match="takes too long"):
        encode(picture())
    children = Path("/proc/self/task").glob("*/children")
    pids = " ".join(each.read_text() for each in children).split()
    commands = [Path(f"/proc/{each}/cmdline").read_bytes() for each in pids]
    words = f"{encoding.MODULE}\0{encoding.PROCESSOR}\0".encode()
    assert not [each for each in commands if each.endswith(words)]


def test_a_process_that_uses_too_much_processor_ends_and_the_site_goes_on(
    monkeypatch: pytest.MonkeyPatch, client: FlaskClient, olive: User, send: Sends
) -> None:
    monkeypatch.setattr(encoding, "PROCESSOR", 1)
    answer = send(("scans.jpg", many_scans(5000)), script=True)
    assert answer.status_code == 422
    assert "takes too long or too much memory" in answer.json["said"]
    assert client.get("/me/images").status_code == 200


def test_nothing_is_stored_of_a_refused_file(
    client: FlaskClient, olive: User, send: Sends, settings: Settings
) -> None:
    answer = send(("cut.jpg", picture()[:-600]), script=True)
    assert answer.status_code == 422
    assert answer.json == {"said": "The picture is damaged and can’t be read."}
    assert images() == []
    assert not (settings.data / "images").exists()
