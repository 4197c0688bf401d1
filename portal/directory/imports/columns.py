"""What a column of a file can be: the fields of a studio that are imported and exported."""

from dataclasses import dataclass

from portal.directory.formats import capitalize_first
from portal.directory.models import CONNECTIONS, StudioType
from portal.directory.visibility import SOCIAL, SOCIAL_NAMES
from portal.directory.words import normal

KEY, EMAIL, STATUS = "key", "email", "status"
COUNTRY, COORDINATES, LATITUDE, LONGITUDE = "country", "coordinates", "latitude", "longitude"
TYPES, LINKED = "types", "connections"


@dataclass(frozen=True)
class Column:
    """`name` is the column's heading in an export; `hint` says what its cells hold. `synonyms`:
    other headings that it is known by."""

    name: str
    label: str
    hint: str
    synonyms: tuple[str, ...] = ()


def _social() -> tuple[Column, ...]:
    return tuple(
        Column(
            f"{name}_url",
            SOCIAL_NAMES.get(name, name.capitalize()),
            "A web address, or a name such as @sohovoice.",
            (name, f"{name} link", *({"x": ("twitter", "twitter url")}.get(name, ()))),
        )
        for name in SOCIAL
    )


COLUMNS = (
    Column(
        KEY,
        "Own key",
        "What your list calls the studio. By it the same studio is found again.",
        ("id", "identifier", "number", "nr", "no", "ref", "reference", "source id", "external id"),
    ),
    Column(
        "name",
        "Name",
        "Needed. At most 200 characters.",
        (
            *("studio", "studio name", "company", "company name", "business", "business name"),
            *("title", "firma", "firmenname", "nom", "raison sociale", "nombre", "nome", "naam"),
            *("denominacion", "namn", "navn", "nazwa", "studioname", "organisation"),
        ),
    ),
    Column(
        EMAIL,
        "Email",
        "The studio’s known address. It is not shown, not confirmed, and nothing is sent to it"
        " until somebody claims the studio.",
        (
            *("e mail", "mail", "email address", "e mail address", "contact email", "courriel"),
            *("e mail adresse", "adresse email", "correo", "correo electronico", "posta"),
        ),
    ),
    Column(
        "phone",
        "Phone",
        "At most 60 characters, with its digits.",
        (
            *("telephone", "tel", "phone number", "telephone number", "mobile", "telefon"),
            *("telefonnummer", "telefono", "telefone", "telefoon", "contact number", "handy"),
        ),
    ),
    Column(
        "website_url",
        "Website",
        "A web address; https:// is added where it is missing.",
        (
            *("website", "web site", "web", "url", "homepage", "site", "web address", "webseite"),
            *("internet", "site web", "pagina web", "sito", "sito web", "link"),
        ),
    ),
    Column(
        "city",
        "City",
        "As people write it. The country, or one in brackets, tells cities of one name apart.",
        (
            *("town", "place", "location", "stadt", "ort", "ville", "ciudad", "citta", "plaats"),
            *("cidade", "stad", "miasto", "locality", "municipality"),
        ),
    ),
    Column(
        COUNTRY,
        "Country",
        "A name or a code such as GB. It is used to find the city.",
        ("land", "pays", "pais", "paese", "country code", "nation"),
    ),
    Column(
        "full_address",
        "Address",
        "At most 300 characters, with the postcode. Visitors see it only if you choose so.",
        (
            *("address", "street", "street address", "full address", "adresse", "anschrift"),
            *("direccion", "indirizzo", "endereco", "adres", "strasse", "postal address"),
        ),
    ),
    Column(
        LATITUDE,
        "Latitude",
        "Degrees, such as 51.5136. With the longitude; both may be left out.",
        ("lat", "breitengrad", "breite", "latitud", "latitudine", "geo lat"),
    ),
    Column(
        LONGITUDE,
        "Longitude",
        "Degrees, such as -0.1365.",
        (
            *("lon", "lng", "long", "langengrad", "laengengrad", "lange", "longitud"),
            *("longitudine", "geo lng", "geo lon"),
        ),
    ),
    Column(
        COORDINATES,
        "Coordinates in one column",
        "Latitude and longitude, such as 51.5136, -0.1365, or the address of a map.",
        ("coordinate", "geo", "gps", "position", "lat long", "lat lon", "lat lng", "koordinaten"),
    ),
    Column(
        "short_about",
        "Short text",
        "One sentence for lists. At most 300 characters.",
        (
            *("short description", "summary", "tagline", "slogan", "teaser", "kurzbeschreibung"),
            *("kurztext", "resume", "accroche", "resumen", "in one sentence", "short about"),
        ),
    ),
    Column(
        "description",
        "About the studio",
        "At most 20,000 characters.",
        (
            *("beschreibung", "descripcion", "descrizione", "details", "text", "info"),
            *("long description", "notes", "about the studio"),
        ),
    ),
    Column("about", "About the person", "At most 20,000 characters.", ("about", "bio", "profile")),
    Column("home_studio_description", "About the room", "At most 20,000 characters.", ("room",)),
    Column(
        TYPES,
        "Types",
        f"Separated by ; or |. Known: {', '.join(each.value for each in StudioType)}.",
        ("type", "studio type", "category", "categories", "typ", "kategorie", "tipo", "art"),
    ),
    Column(
        LINKED,
        "Connections",
        f"Separated by ; or |. Known: {', '.join(CONNECTIONS)}.",
        ("connection", "connectivity", "remote", "verbindungen", "connect via"),
    ),
    Column(
        "custom_connection_methods",
        "Other ways to connect",
        "Any text.",
        ("other connections", "custom connections"),
    ),
    Column(
        "services_offered",
        "Services",
        "One a line, or separated by ; or |.",
        ("services", "service", "leistungen", "servicios", "servizi", "offer", "angebot"),
    ),
    Column(
        "equipment_list",
        "Equipment",
        "One piece a line, or separated by ; or |.",
        ("equipment", "gear", "microphones", "ausstattung", "equipo", "materiel", "technik"),
    ),
    Column(
        "rate_tier_1",
        "£ for 15 minutes",
        "Whole pounds.",
        ("rate 15", "rate 15 min", "15 min", "15 minutes", "rate 1"),
    ),
    Column(
        "rate_tier_2",
        "£ for 30 minutes",
        "Whole pounds.",
        ("rate 30", "rate 30 min", "30 min", "30 minutes", "rate 2"),
    ),
    Column(
        "rate_tier_3",
        "£ for 1 hour",
        "Whole pounds.",
        (
            *("rate 60", "rate 60 min", "60 min", "60 minutes", "rate", "hourly rate", "price"),
            *("rate 3", "per hour", "stundensatz", "1 hour", "preis"),
        ),
    ),
    *_social(),
    Column(
        STATUS,
        "Status",
        "“published” or “draft”, for new studios. Without it, what you choose below counts.",
        ("state", "published", "visibility"),
    ),
)
NAMED = {each.name: each for each in COLUMNS}
BY_HEADING = {
    **{normal(word): each.name for each in COLUMNS for word in each.synonyms},
    **{normal(each.label): each.name for each in COLUMNS},
    **{normal(each.name.replace("_", " ")): each.name for each in COLUMNS},
}
"""Columns by their headings, without case, accents and signs."""
CHOICES = [(each.name, capitalize_first(each.label)) for each in COLUMNS]


def known_by(heading: str) -> str | None:
    return BY_HEADING.get(normal(heading.replace("_", " ")))
