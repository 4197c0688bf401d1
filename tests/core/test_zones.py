"""Time zones by their names."""

from zoneinfo import ZoneInfo

import pytest

from portal.core.zones import offered_zones, zone_called, zone_names


def test_every_name_means_a_zone():
    assert all(ZoneInfo(name) for name in zone_names())


def test_utc_and_places_are_offered_and_old_spellings_are_not():
    offered = offered_zones()
    assert offered[0] == "UTC"
    assert list(offered[1:]) == sorted(offered[1:])
    assert {"Europe/London", "America/Argentina/Ushuaia", "Pacific/Auckland"} <= set(offered)
    assert not {"US/Eastern", "EST5EDT", "Etc/GMT+1", "GB"} & set(offered)


@pytest.mark.parametrize("text", ["europe/london", "EUROPE/LONDON", " Europe/London\n"])
def test_a_zone_is_called_by_its_name_in_any_case(text: str):
    assert zone_called(text) == "Europe/London"


@pytest.mark.parametrize("text", ["", " ", "/", "London", "Europe", "Europe/London/x", "..", "\0"])
def test_what_means_no_zone(text: str):
    assert zone_called(text) is None
