"""Each filter's number is what its click shows, for every combination, on both ways to search."""

from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.core.storage.database import db
from portal.directory.facets import STEPS
from portal.directory.models import CONNECTIONS, Service, StudioType
from portal.directory.search.find import find_studios
from tests.directory.pages.studios import make_studio
from tests.directory.queries.crowd import WAYS, click, make_crowd, results, searched_by
from tests.support.trials import examples

some = st.sampled_from
ADDRESSES = st.fixed_dictionaries(
    {},
    optional={
        "q": some(["oak", "elm"]),
        "near": some(["London", "Bristol"]),
        "radius": some(["10", "25", "250"]),
        "country": some(["GB", "CH", "FR"]),
        "type": st.lists(some([each.value for each in StudioType]), max_size=2),
        "service": st.lists(some([each.value for each in Service]), max_size=1),
        "connection": st.lists(some(CONNECTIONS), max_size=2),
        **{name: some(STEPS[name]) for name in STEPS},
        "sort": some(["rating", "newest", "name", "distance"]),
    },
)


def test_a_filters_number_is_what_its_click_shows(site: Flask):
    make_crowd(40)

    @settings(max_examples=examples(25), deadline=None, suppress_health_check=list(HealthCheck))
    @given(asked=ADDRESSES, data=st.data())
    def check(asked: dict[str, Any], data: st.DataObject) -> None:
        told = {}
        for way in WAYS:
            with searched_by(way):
                found = results(asked)
                assert found.is_from_index == (way == "index")
                chips = [chip for chip in found.filters.every if not chip.is_on]
                for chip in data.draw(st.permutations(chips))[:3]:
                    clicked = find_studios(click(found, chip))
                    assert clicked.page.total == chip.count, (way, asked, chip.label)
                    assert clicked.wish.problems == ()
                numbers = {chip.label: chip.count for chip in found.filters.every}
                told[way] = (found.page.total, numbers)
        assert told["index"] == told["python"], asked
        db.session.rollback()

    check()


def test_what_each_filter_means(site: Flask):
    """Ticked ways to connect and services are one to visitors; hidden rates are not told."""
    make_studio("Ticked", connection5=True)
    make_studio("Service", services=(Service.ZOOM,))
    make_studio("Cheap", show_rates=True, rate_tier_3=50)
    make_studio("Hidden", show_rates=False, rate_tier_3=40)
    make_studio("Quarter", show_rates=True, rate_tier_1=20)
    make_studio("Three", ratings=(4, 4, 5), is_verified=True)
    make_studio("Elsewhere", pictures=("https://elsewhere.example/a.webp",))
    make_crowd(0)
    wanted = {
        ("connection", "zoom"): {"Ticked", "Service"},
        ("service", "zoom"): {"Service"},
        ("rates", "1"): {"Cheap", "Quarter"},
        ("rates", "yes"): {"Cheap", "Quarter"},
        ("rates", "50"): {"Cheap"},
        ("reviews", "1"): {"Three"},
        ("reviews", "3"): {"Three"},
        ("reviews", "5"): set(),
        ("verified", "1"): {"Three"},
        ("pictures", "1"): set(),
    }
    for way in WAYS:
        with searched_by(way):
            for (name, value), names in wanted.items():
                found = results({name: value})
                assert {card.name for card in found.page.items} == names, (way, name, value)
