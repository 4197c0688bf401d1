"""A studio's page: everything its owner shows, and the reviews that were approved."""

import pytest

from portal.directory.models import ReviewStatus, Service, StudioStatus, StudioType
from portal.directory.visibility import number_in, slug_of
from tests.directory.pages.conftest import statements
from tests.directory.pages.studios import PICTURE, address_of, make_review, make_studio
from tests.support.pages import PageClient, words


def test_it_shows_what_the_owner_wrote(reader: PageClient):
    studio = make_studio(
        about="Two\n\nparagraphs",
        equipment_list="Neumann U 87\n- Focusrite\n\n",
        services_offered="Audiobooks\nTrailers",
        types=(StudioType.VOICE_OVER_COACH,),
        services=(Service.ZOOM,),
        connection9=True,
        website_url="https://quiet.example/",
        is_crb_checked=True,
    )
    page = reader.page(address_of(studio))
    assert words(page.h1) == "Quiet Corner"
    assert [words(p) for p in page.select(".prose p")] == ["Two", "paragraphs"]
    assert [words(li) for li in page.select(".plain-list li")] == [
        "Audiobooks",
        "Trailers",
        "Neumann U 87",
        "Focusrite",
    ]
    assert [words(li) for li in page.select(".studio-aside .marks li")] == [
        "Voice-over coach",
        "Zoom",
        "Riverside",
    ]
    link = page.select_one("a[href='https://quiet.example/']")
    assert {"nofollow", "noopener"} <= set(link["rel"])
    assert "Background checked" in words(page)


@pytest.mark.parametrize("status", [s for s in StudioStatus if s is not StudioStatus.ACTIVE])
def test_what_is_not_active_is_not_there(reader: PageClient, status: StudioStatus):
    reader.page(address_of(make_studio(status=status)), status=404)


def test_what_is_invisible_is_not_there(reader: PageClient):
    reader.page(address_of(make_studio(is_profile_visible=False)), status=404)


@pytest.mark.parametrize(
    "slug",
    [
        "quiet-corner",
        "quiet-corner-99",
        "-1",
        "1",
        "quiet-corner-1-",
        "Quiet-corner-1",
    ],
)
def test_another_slug_is_a_page_that_says_so(reader: PageClient, slug: str):
    make_studio()
    page = reader.page(f"/studios/{slug}", status=404)
    assert "no studio at this address" in words(page)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Soho Voice Rooms", "soho-voice-rooms-7"),
        ("Écho & Söhne", "echo-sohne-7"),
        ("录音室", "studio-7"),
        ("../../etc", "etc-7"),
        ("x" * 200, "x" * 60 + "-7"),
    ],
)
def test_a_slug_is_made_of_the_name_and_the_id(name: str, slug: str):
    assert slug_of(name, 7) == slug
    assert number_in(slug) == 7


def test_only_approved_reviews_are_shown(reader: PageClient):
    studio = make_studio()
    for status in ReviewStatus:
        make_review(
            studio,
            f"This is {status.value}.",
            status=status,
            rating=1 if status != "approved" else 4,
        )
    page = reader.page(address_of(studio))
    assert [words(p) for p in page.select(".review > p:not(.review-head, .review-report)")] == [
        "This is approved."
    ]
    assert "4.0 of 5 from 1 review" in words(page)


def test_an_anonymous_reviewer_has_no_name(reader: PageClient):
    studio = make_studio()
    make_review(studio, by="Nora Hidden", is_anonymous=True, response="Thank you.")
    make_review(studio, by="Otto Open")
    text = reader.get(address_of(studio)).text
    assert "Nora" not in text
    assert "Anonymous" in text
    assert "Otto Open" in text
    assert "Thank you." in text


def test_no_review_yet_is_said(reader: PageClient):
    assert "No reviews yet" in words(reader.page(address_of(make_studio())))


def test_pictures_are_this_sites_own(reader: PageClient):
    studio = make_studio(
        pictures=(
            PICTURE,
            "https://elsewhere.example/track.png",
            "/images/../ops.sqlite3",
            "javascript:1",
        )
    )
    shown = reader.page(address_of(studio)).select(".gallery img")
    assert [image["src"] for image in shown] == [PICTURE]
    assert shown[0]["alt"] == "The booth"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "https://",
        "http://[",
        "mailto:a@b",
    ],
)
def test_a_link_that_is_no_web_address_is_left_out(reader: PageClient, url: str):
    studio = make_studio(website_url=url, x_url=url)
    page = reader.page(address_of(studio))
    assert not page.select(".contact a:not([href*='openstreetmap'])")


def test_it_takes_few_statements_however_many_reviews(reader: PageClient):
    studio = make_studio(ratings=(4,) * 3, pictures=(PICTURE,))
    address = address_of(studio)
    with statements() as before:
        reader.page(address)
    for _ in range(10):
        make_review(studio, response="Thanks.")
    with statements() as after:
        reader.page(address)
    assert len(after) == len(before) <= 8
