"""Parts of pages that are kept by their words say what their macros say, and know nothing else."""

from dataclasses import replace

import pytest
from flask import Flask
from jinja2 import meta, nodes

from portal.directory.pages.queries import Count
from portal.directory.presentation import Card, Rating
from portal.directory.search.search_query import Wish
from portal.directory.visibility import Picture
from portal.web.components import PURE

PARTS = "directory/_parts.html"
CARD = Card(
    slug="a-1",
    name="A & B",
    place="Bristol",
    summary="<b>",
    picture=Picture("0123456789abcdef.webp", "A room"),
    types=("home",),
    services=("Zoom",),
    is_verified=True,
    is_featured=True,
    rating=Rating(4.5, 2),
)
CARDS = [
    CARD,
    *(
        replace(CARD, **{name: value})
        for name, value in {
            "slug": "b-1",
            "name": "",
            "place": "Bath",
            "summary": "",
            "picture": None,
            "types": (),
            "services": ("ISDN",),
            "is_verified": False,
            "rating": None,
            "distance_km": 3.5,
        }.items()
    ),
]


@pytest.mark.parametrize("root", ["/", "/below"])
def test_a_part_is_as_its_macro_makes_it(site: Flask, root: str):
    parts, again = site.jinja_env.get_template(PARTS), site.jinja_env.globals["same_again"]
    with site.test_request_context("/", base_url=f"http://localhost{root}"):
        made = parts.module
        listed = site.jinja_env.get_template("directory/_cards.html").module
        for _ in range(2):
            for card in CARDS:
                for words in ({}, {"level": 3}, {"unit": "mi"}):
                    assert again(made.studio_card, card, **words) == made.studio_card(card, **words)
            for given in (1, 3, True, 5):
                assert again(made.stars_of, given) == made.stars_of(given)
            for asks in ("type", "near"):
                counts = (Count("a b", 1), Count("<b>", 2000))
                assert again(made.tiles, counts, asks=asks) == made.tiles(counts, asks=asks)
            assert again(made.search_form, Wish()) == made.search_form(Wish())
            for pairs, chosen in (((("a", "A"), ("b", "<B>")), "b"), ((("a", "A"),), "")):
                assert again(made.options, pairs, chosen) == made.options(pairs, chosen)
            near = listed.listed_card(CARD.at(3.5), "mi")
            whole = made.studio_card(replace(CARD, distance_km=3.5), unit="mi")
            assert words_in(near) == words_in(whole)
        assert len({again(made.studio_card, card) for card in CARDS}) == len(CARDS)
        assert ("/below/studios" in again(made.studio_card, CARD)) == (root == "/below")


def words_in(page: str) -> list[str]:
    """Without the blanks between tags."""
    return page.replace(">", "> ").replace("<", " <").split()


@pytest.mark.parametrize(
    "file",
    [
        *(PARTS, "directory/_cards.html", "directory/_glance.html"),
        *("_room_parts.html", "databases/_layers_table.html"),
    ],
)
def test_what_is_kept_knows_nothing_but_its_words(site: Flask, file: str):
    env = site.jinja_env
    parts = env.parse(env.loader.get_source(env, file)[0])  # type: ignore[union-attr]
    own = {name.name for name in parts.find_all(nodes.Name) if name.ctx == "store"}
    assert meta.find_undeclared_variables(parts) - own <= PURE
