"""The start page says what this is and where to begin."""

from portal.directory.models import StudioStatus, StudioType
from tests.directory.pages.conftest import statements
from tests.directory.pages.studios import PICTURE, make_studio
from tests.support.pages import PageClient, words


def test_it_counts_what_is_listed(reader: PageClient):
    make_studio("One", types=(StudioType.HOME,))
    make_studio("Two", city="Bristol", types=(StudioType.HOME, StudioType.PODCAST))
    make_studio("Draft", city="Leeds", status=StudioStatus.DRAFT, types=(StudioType.HOME,))
    page = reader.page("/")
    assert "2 studios in 2 cities" in words(page)
    assert [words(tile) for tile in page.select(".tiles:not(.tiles-small) a")] == [
        "Home 2",
        "Podcast 1",
    ]
    assert [words(tile) for tile in page.select(".tiles-small a")] == ["Bristol 1", "London 1"]


def test_featured_studios_stand_first_spotlights_before_them(reader: PageClient):
    make_studio("Plain")
    make_studio("Good", is_featured=True, ratings=(5,))
    make_studio("Fair", is_featured=True, ratings=(3,))
    make_studio("Lit", is_spotlight=True)
    make_studio("Hidden", is_featured=True, is_profile_visible=False)
    page = reader.page("/")
    assert [words(name) for name in page.select(".studio-card h3")] == ["Lit", "Good", "Fair"]


def test_an_empty_directory_says_what_will_be_here(reader: PageClient):
    assert "No studios yet" in words(reader.page("/"))


def test_its_search_box_leads_to_the_search(reader: PageClient):
    form = reader.page("/").select_one("form[role=search]")
    assert (form["action"], form["method"]) == ("/studios", "get")


def test_a_tile_leads_to_what_it_names(reader: PageClient):
    make_studio("One", types=(StudioType.VOICE_OVER_COACH,), city="Newcastle upon Tyne")
    for tile in reader.page("/").select(".tiles a"):
        assert "One" in words(reader.page(tile["href"]).select_one(".cards"))


def test_it_takes_the_same_few_statements_for_more_studios(reader: PageClient):
    taken = []
    for _ in range(2):
        for number in range(8):
            make_studio(f"Studio {number}", is_featured=True, ratings=(4, 5))
        with statements() as asked:
            reader.page("/")
        taken.append(len(asked))
    assert taken[0] == taken[1] <= 8


def test_a_card_shows_the_first_picture_that_is_kept_here(reader: PageClient):
    """Whatever stands before it, on the start page and in a list; none of somebody else's."""
    elsewhere = "https://pictures.example/room.webp"
    make_studio("Late", is_featured=True, pictures=(elsewhere, PICTURE), ratings=(5,))
    make_studio("None", is_featured=True, pictures=(elsewhere,), ratings=(4,))
    make_studio("First", is_featured=True, pictures=(PICTURE, elsewhere), ratings=(3,))
    for path, heading in (("/", "h3"), ("/studios?sort=rating", "h2")):
        cards = reader.page(path).select(".studio-card")
        assert [words(card.select_one(heading)) for card in cards] == ["Late", "None", "First"]
        shown = [picture["src"] if (picture := card.select_one("img")) else "" for card in cards]
        assert shown == [PICTURE, "", PICTURE], path


def test_a_name_of_a_city_with_a_character_for_machines_breaks_nothing(reader: PageClient):
    make_studio("One", city="Lon\x1edon")
    make_studio("Two", city="Bris\x1ftol")
    page = reader.page("/")
    assert "2 studios in 2 cities" in words(page)
    assert len(page.select(".tiles-small a")) == 2
