"""A file to start from: the headings that are known, and two studios."""

from portal.directory.imports.columns import COLUMNS, COORDINATES

BOM = "\ufeff"
_SOHO = {
    "key": "A-1",
    "name": "Soho Voice Rooms",
    "email": "bookings@sohovoice.example",
    "phone": "020 7946 0018",
    "website_url": "https://www.sohovoice.example",
    "city": "London",
    "country": "GB",
    "full_address": "12 Example Street, London W1D 1AA",
    "latitude": "51.513600",
    "longitude": "'-0.136500",
    "short_about": "Two quiet rooms for voice-over.",
    "types": "voice-over; recording",
    "connections": "Source-Connect; Zoom",
    "services_offered": "Voice-over recording; Editing",
    "rate_tier_3": "60",
    "status": "draft",
}
_ZOE = {
    "key": "A-2",
    "name": "Studio Zoë",
    "city": "Köln",
    "country": "Germany",
    "short_about": "Ein Raum für Podcasts.",
    "types": "podcast",
    "instagram_url": "@studiozoe",
}


def example_file() -> str:
    names = [each.name for each in COLUMNS if each.name != COORDINATES]
    lines = [names, *([row.get(name, "") for name in names] for row in (_SOHO, _ZOE))]
    return BOM + "".join(",".join(map(_quoted, cells)) + "\r\n" for cells in lines)


def _quoted(cell: str) -> str:
    return f'"{cell}"' if set(cell) & set(',"') else cell
