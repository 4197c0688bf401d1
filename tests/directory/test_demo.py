"""The demo's data: how much, how varied, the same everywhere, and nobody real."""

import re
import subprocess
import sys
from collections import Counter

import pytest
from sqlalchemy import Engine, text

from portal.directory.demo import fill_for_staff, fill_legacy
from portal.directory.demo.places import CITIES
from portal.directory.models import CONNECTIONS
from tests.directory.conftest import Prepared
from tests.directory.rows import scalar
from tests.support.alembic import engine_for, upgrade

OWNER = ("ben@example.org", "$argon2id$given")

ORPHANS = (
    "SELECT count(*) FROM users AS u WHERE NOT EXISTS (SELECT 1 FROM {} AS x WHERE x.{} = u.id)"
)


def fill(engine: Engine, **options) -> Engine:
    with engine.begin() as connection:
        fill_legacy(connection, **options)
    return engine


def column(engine: Engine, sql: str) -> list:
    with engine.connect() as connection:
        return list(connection.execute(text(sql)).scalars())


@pytest.fixture(scope="module")
def full(prepared: Prepared) -> Engine:
    """All of it, to be read; what it says does not depend on the engine."""
    return engine_for(f"sqlite:///{prepared('sqlite', 642)}")


def test_the_numbers_are_those_of_the_story(legacy):
    full = fill(legacy)
    assert scalar(full, "SELECT count(*) FROM users") == 679
    assert scalar(full, "SELECT count(*) FROM user_profiles") == 678
    assert scalar(full, "SELECT count(*) FROM studios") == 642
    listed = "SELECT count(*) FROM studios WHERE status = 'active' AND is_profile_visible"
    assert scalar(full, listed) == 642
    assert scalar(full, ORPHANS.format("studios", "owner_id")) == 37
    assert scalar(full, ORPHANS.format("user_profiles", "user_id")) == 1
    upgrade(full)
    assert scalar(full, "SELECT count(*) FROM studio_profiles WHERE status = 'draft'") == 36
    assert scalar(full, listed.replace("studios", "studio_profiles")) == 642


def test_something_waits_for_staff_and_nobody_is_added(demo):
    """Once, and only where the tables for it are there."""
    upgrade(demo, "c4a8e1b7f390")
    counted = [f"SELECT count(*) FROM {name}" for name in ("users", "studio_profiles")]
    before = [scalar(demo, each) for each in counted]
    with demo.begin() as connection:
        assert not fill_for_staff(connection)
    upgrade(demo)
    for expected in (True, False):
        with demo.begin() as connection:
            assert fill_for_staff(connection) is expected
    assert [scalar(demo, each) for each in counted] == before
    assert scalar(demo, "SELECT count(*) FROM site_reports WHERE decided_at IS NULL") == 1
    pending = "SELECT count(*) FROM reviews JOIN site_reviews ON review_number = reviews.id"
    assert scalar(demo, f"{pending} WHERE status = 'pending'") >= 2
    owned = "SELECT users.email FROM users JOIN site_origins ON user_id = id"
    assert column(demo, owned)[0].endswith("@placeholder.invalid")
    listed = "SELECT count(*) FROM studio_profiles WHERE status = 'active' AND is_profile_visible"
    assert scalar(demo, listed) == 60


@pytest.mark.parametrize(("studios", "drafts"), [(0, 0), (1, 0), (9, 1), (1100, 62)])
def test_other_numbers_come_in_proportion(legacy, studios, drafts):
    fill(legacy, studios=studios)
    assert scalar(legacy, "SELECT count(*) FROM studios") == studios
    assert scalar(legacy, "SELECT count(*) FROM user_profiles") == studios + drafts
    assert scalar(legacy, "SELECT count(*) FROM users") == studios + drafts + 1


def test_the_same_rows_come_every_time_whatever_hash_python_uses(tmp_path):
    """Two fresh interpreters with different hash seeds."""
    script = (
        "import hashlib, sys; from portal.directory.demo.people import Crowd;"
        "from portal.directory.demo.extras import images, reviews_and_responses;"
        "crowd = Crowd(None);"
        "them = [crowd.person(n, has_profile=True, has_studio=True) for n in range(1, 60)];"
        "rows = [them, [list(images(one)) for one in them],"
        " reviews_and_responses(crowd, them, users=60)];"
        "sys.stdout.write(hashlib.sha256(repr(rows).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
    assert len(digests.pop()) == 64


def test_ben_owns_the_first_studio_and_gets_the_given_login(legacy):
    fill(legacy, studios=3, owner=OWNER)
    with legacy.connect() as connection:
        ben = connection.execute(text("SELECT * FROM users WHERE id = 1")).one()
        studio = connection.execute(text("SELECT * FROM studios WHERE owner_id = 1")).one()
    assert (ben.email, ben.password_hash) == OWNER
    assert ben.display_name.startswith("Ben ")
    assert studio.id == 1


def test_no_other_account_can_log_in(legacy):
    fill(legacy, studios=9, owner=OWNER)
    hashes = Counter(column(legacy, "SELECT password_hash FROM users"))
    assert sorted(hashes.values()) == [1, 10]


def test_every_studio_has_a_name_and_a_username_of_its_own(full):
    names = column(full, "SELECT name FROM studios")
    usernames = column(full, "SELECT username FROM users")
    assert len(set(names)) == len(names)
    assert len(set(usernames)) == len(usernames)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in usernames)


def test_studios_stand_near_the_city_they_name(full):
    known = {}
    for city in CITIES:
        known.setdefault(city.name.partition(" (")[0], []).append(city)
    with full.connect() as connection:
        for one in connection.execute(text("SELECT city, latitude, longitude FROM studios")):
            assert any(
                abs(one.latitude - city.latitude) < 0.02
                and abs(one.longitude - city.longitude) < 0.03
                for city in known[one.city]
            )


def test_cities_lie_in_their_countries():
    boxes = {
        "United Kingdom": (49.9, 59.0, -8.2, 1.8),
        "Ireland": (51.4, 55.4, -10.6, -6.0),
        "Germany": (47.2, 55.1, 5.8, 15.1),
        "France": (42.3, 51.1, -4.8, 8.3),
        "United States": (25.0, 49.0, -125.0, -66.9),
        "Australia": (-44.0, -10.0, 113.0, 154.0),
    }
    for city in CITIES:
        if city.country in boxes:
            south, north, west, east = boxes[city.country]
            assert south < city.latitude < north, city
            assert west < city.longitude < east, city
    assert len({(city.latitude, city.longitude) for city in CITIES}) == len(CITIES) > 140


def test_most_studios_are_british_and_some_are_everywhere_else(full):
    countries = Counter(
        line.rpartition(", ")[2] for line in column(full, "SELECT full_address FROM studios")
    )
    assert 0.5 < countries["United Kingdom"] / 642 < 0.8
    assert len(countries) > 20


def test_no_number_address_or_account_can_reach_anybody(full):
    """Numbers from ranges kept for fiction, names under example domains."""
    fiction = re.compile(
        r"\+44 (20 7946 0|1\d1 49[68] 0|11\d 496 0|1632 960|29 2018 0|28 9649 6|7700 900)\d+"
        r"|\+1 \d{3} 555 01\d\d|\+353 20 91\d \d{4}|\+61 \d 5550 \d{4}"
        r"|\+33 . (99 00|65 71|36 49) .*"
        r"|\+49 (30 23125|40 66969|89 99998|221 4710) \d{3}"
    )
    for table in ("studios", "user_profiles"):
        for phone in column(full, f"SELECT phone FROM {table} WHERE phone IS NOT NULL"):
            assert fiction.fullmatch(phone), phone
    for email in column(full, "SELECT email FROM users"):
        assert email.endswith("@example.org")
    for site in ("facebook", "x", "instagram", "youtube"):
        for url in column(full, f"SELECT {site}_url FROM user_profiles WHERE {site}_url <> ''"):
            assert url.startswith(f"https://{site}.example/")


def test_what_people_wrote_is_whole_and_varied(full):
    texts = column(full, "SELECT about FROM user_profiles")
    assert len(set(texts)) == 678
    for one in [*texts, *column(full, "SELECT content FROM reviews")]:
        assert "{" not in one
        assert not re.search(r"\ba [AE]|\ban [B-DF-QT-Z][a-z]", one), one
        assert one == one.strip()
        assert one.endswith((".", "?"))
    reviews = column(full, "SELECT content FROM reviews")
    assert len(set(reviews)) > 0.6 * len(reviews)


def test_what_owners_show_and_hide_is_mixed(full):
    for what in ("rates", "email", "phone", "address", "directions"):
        shown = scalar(full, f"SELECT count(*) FROM user_profiles WHERE show_{what}")
        assert 100 < shown < 578
    assert 30 < scalar(full, "SELECT count(*) FROM studios WHERE is_premium") < 100
    assert 100 < scalar(full, "SELECT count(*) FROM studios WHERE is_verified") < 250
    assert 3 < scalar(full, "SELECT count(*) FROM user_profiles WHERE is_featured") < 20


def test_profile_and_studio_disagree_often_enough_to_show_the_rules(full):
    both = " FROM studios AS s JOIN user_profiles AS p ON p.user_id = s.owner_id WHERE "
    assert scalar(full, f"SELECT count(*) {both} p.phone <> s.phone") > 50
    assert scalar(full, f"SELECT count(*) {both} s.phone IS NULL AND p.phone IS NOT NULL") > 50
    assert scalar(full, f"SELECT count(*) {both} p.studio_name <> s.name") > 20
    assert scalar(full, f"SELECT count(*) {both} p.created_at < s.created_at") > 50
    assert scalar(full, f"SELECT count(*) {both} p.created_at > s.created_at") > 20


def test_connections_say_what_services_say(full):
    number = CONNECTIONS.index("Source-Connect") + 1
    disagree = (
        f"SELECT count(*) FROM studios AS s JOIN user_profiles AS p ON p.user_id = s.owner_id"
        f" WHERE p.connection{number} <> EXISTS (SELECT 1 FROM studio_services AS x"
        " WHERE x.studio_id = s.id AND x.service = 'Source-Connect')"
    )
    assert scalar(full, disagree) == 0


def test_no_owner_reviews_their_own_studio(full):
    assert scalar(full, "SELECT count(*) FROM reviews WHERE reviewer_id = owner_id") == 0
    assert scalar(full, "SELECT count(*) FROM reviews") > 1000
    assert set(column(full, "SELECT status FROM reviews")) == {"pending", "approved", "rejected"}
    assert set(column(full, "SELECT rating FROM reviews")) == {1, 2, 3, 4, 5}


def test_nothing_happened_before_its_cause_or_after_today(full):
    for sql in (
        (
            "SELECT count(*) FROM reviews AS r JOIN studios AS s ON s.id = r.studio_id"
            " WHERE r.created_at < s.created_at"
        ),
        (
            "SELECT count(*) FROM review_responses AS x JOIN reviews AS r ON r.id = x.review_id"
            " WHERE x.created_at < r.created_at"
        ),
        "SELECT count(*) FROM studios WHERE updated_at < created_at",
        "SELECT count(*) FROM review_responses WHERE created_at > '2026-10-31 12:00:00'",
        "SELECT count(*) FROM users WHERE updated_at > '2026-10-31 12:00:00'",
    ):
        assert scalar(full, sql) == 0


def test_new_rows_can_follow_the_given_ids(legacy):
    fill(legacy, studios=9)
    with legacy.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO users (email, username, display_name, password_hash)"
                " VALUES ('new@example.org', 'new', 'New', '-')"
            )
        )
    assert scalar(legacy, "SELECT max(id) FROM users") == 12
