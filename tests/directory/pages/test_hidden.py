"""What an owner hides is nowhere in the source of any page, for every combination of flags."""

from dataclasses import fields
from itertools import product

import pytest
from flask.testing import FlaskClient

from portal.directory.geography import Point
from portal.directory.models import StudioProfile
from portal.directory.pages.reading import studio_page
from portal.directory.presentation import PublicStudio
from portal.directory.visibility import slug_of
from tests.directory.pages.studios import address_of, make_studio
from tests.support.pages import PageClient

FLAGS = (
    "show_email",
    "show_phone",
    "show_address",
    "show_directions",
    "show_rates",
    "use_coordinates_for_map",
)
EXACT = (51.46689, -2.60553)
LISTS = ("/", "/studios", "/studios?q=secret", "/studios?near=bristol&radius=10")


def secretive(flags: dict[str, bool]) -> StudioProfile:
    studio = make_studio(
        "Hush",
        at=EXACT,
        city="Bristol",
        is_featured=True,
        full_address="44 Secret Road, BS1 9ZZ",
        abbreviated_address="Secret Road",
        location="Secret Road, Bristol",
        phone="+44 7700 900123",
        last_name="Secretsurname",
        rate_tier_1=7771,
        rate_tier_2=7772,
        rate_tier_3=7773,
        **flags,
    )
    studio.user.email = "secret.owner@example.com"
    return studio


@pytest.mark.parametrize("shown", list(product([False, True], repeat=len(FLAGS))))
def test_the_source_holds_what_the_flags_allow_and_no_more(
    reader: PageClient, shown: tuple[bool, ...]
):
    flags = dict(zip(FLAGS, shown, strict=True))
    studio = secretive(flags)
    page = reader.get(address_of(studio)).text
    unparsed = FlaskClient(reader.application)  # other tests check the lists' structure
    lists = "".join(unparsed.get(address).text for address in LISTS)
    exact = flags["show_address"] and flags["use_coordinates_for_map"]

    assert ("secret.owner@example.com" in page) == flags["show_email"]
    assert ("900123" in page) == ("7700 900123" in page) == flags["show_phone"]
    assert ("44 Secret Road" in page) == flags["show_address"]
    assert ("£7,771" in page) == ("£7,773" in page) == flags["show_rates"]
    assert ("51.46689" in page) == exact
    assert ("2.6055" in page) == exact
    assert ("/directions" in page) == (flags["show_directions"] and flags["show_address"])
    if not flags["show_address"]:
        assert "Secret" not in page.replace("Secretsurname", "")
    if not exact:
        rough = Point(*EXACT).roughly()
        assert f"{rough.latitude}/{rough.longitude}" in page
    for secret in ("secret", "Secret", "900123", "7,77", "51.4", "-2.6"):
        assert secret not in lists.replace("q=secret", "").replace("“secret”", "").replace(
            'value="secret"', ""
        )
    assert "Secretsurname" not in page


def test_the_projection_has_no_way_back_to_the_row(site: object):
    studio = secretive(dict.fromkeys(FLAGS, False))
    public = studio_page(slug_of(studio.name, studio.id))
    assert public is not None
    for field in fields(PublicStudio):
        value = getattr(public, field.name)
        assert not hasattr(value, "_sa_instance_state"), field.name
    assert "ecret" not in repr(public)
    assert "46689" not in repr(public)
