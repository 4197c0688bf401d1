"""Names of people and of studios."""

from random import Random

from portal.directory.demo.places import City, plain_name, quarter

FIRST = {
    "": (
        "Olivia Amelia Isla Ava Freya Grace Poppy Hannah Zara Imogen Tamsin Bronwen Eilidh Niamh"
        " Aisha Priya Ngozi Yasmin Leila Mei Chloe Rosalind Beatrice Harriet Matilda Jessica"
        " Megan Naomi Ruth Sophie Tess Victoria Wendy Joanne Karen Marcus Oliver George Arthur"
        " Noah Leo Theo Oscar Finlay Hamish Rhys Callum Declan Kwame Tunde Imran Sanjay Hassan"
        " Dmitri Wei Adrian Colin Dominic Edward Frank Gareth Hugh Ian Jonathan Kieran Liam"
        " Martin Neil Patrick Robert Simon Stuart Toby Vincent Wesley"
    ),
    "German": "Lena Anna Katharina Jule Miriam Sabine Heike Jonas Felix Matthias Stefan Uwe Lukas",
    "French": "Camille Élodie Manon Sylvie Juliette Inès Antoine Luc Mathieu Pascal Théo Rémi",
    "Iberian": "Lucía Carmen Inés Marta Beatriz Joana Rafael Álvaro Javier Diego Tiago Mateo",
    "Italian": "Giulia Chiara Francesca Elisa Marco Lorenzo Davide Stefano",
    "Nordic": "Astrid Ingrid Freja Maja Signe Lars Erik Mikkel Anders Oskar Johan",
    "Dutch": "Sanne Femke Lotte Anouk Bram Daan Joris Pieter",
}
LAST = {
    "": (
        "Abbott Akhtar Appiah Bailey Barker Bennett Blackwood Brennan Burgess Carmichael Chadwick"
        " Clarke Cooper Crawford Dawson Doyle Drummond Edwards Ellison Fairbairn Farrow Fletcher"
        " Gallagher Garside Gibson Grant Greenwood Hale Hargreaves Harlow Hewitt Holloway Hussain"
        " Iqbal Jarvis Kapoor Keane Kendrick Kerr Lambert Langley Lovell Lowe MacLeod Maddox Marsh"
        " Mensah Merrick Milner Moran Nash Norwood Obi Okafor Osborne Parry Patel Penrose Pryce"
        " Quinn Rahman Ramsay Redfern Rhodes Rowntree Sandford Saunders Shah Sinclair Stanton"
        " Sutcliffe Tate Thackeray Thorne Tierney Underhill Vaughan Wainwright Walsh Whitlock Yeo"
    ),
    "German": "Brandt Fischer Hoffmann Krüger Lindner Neumann Seidel Vogt Winkler Zimmermann",
    "French": "Bernard Chevalier Delacroix Fontaine Girard Lambert Mercier Rousseau Vidal",
    "Iberian": "Almeida Castro Delgado Ferreira Herrera Iglesias Moreno Navarro Ortega Silva",
    "Italian": "Bianchi Conti De Luca Ferrari Gallo Marino Ricci Romano",
    "Nordic": "Andersson Berg Dahl Eklund Holm Lindqvist Nygaard Sørensen",
    "Dutch": "Bakker de Vries Jansen Mulder Visser van Dijk",
}
CULTURES = {
    **dict.fromkeys(("Germany", "Austria", "Switzerland"), "German"),
    "France": "French",
    **dict.fromkeys(("Spain", "Portugal", "Mexico", "Brazil", "Argentina"), "Iberian"),
    "Italy": "Italian",
    **dict.fromkeys(("Denmark", "Sweden", "Norway", "Finland"), "Nordic"),
    **dict.fromkeys(("Netherlands", "Belgium"), "Dutch"),
}
PREFIXES = {"De", "de", "van"}

QUALITIES = [
    "Amber",
    "Ash",
    "Birch",
    "Blue",
    "Brass",
    "Bright",
    "Calm",
    "Cedar",
    "Clear",
    "Cobalt",
    "Copper",
    "Coral",
    "Crimson",
    "Dappled",
    "Echo",
    "Elder",
    "Ember",
    "Fern",
    "Fallow",
    "Gilded",
    "Golden",
    "Granite",
    "Hazel",
    "Honey",
    "Hush",
    "Indigo",
    "Iron",
    "Ivory",
    "Juniper",
    "Lantern",
    "Larch",
    "Linen",
    "Low",
    "Lunar",
    "Maple",
    "Marble",
    "Mellow",
    "Midnight",
    "Misty",
    "Mossy",
    "Muted",
    "North",
    "Oak",
    "Ochre",
    "Open",
    "Paper",
    "Pearl",
    "Pewter",
    "Plum",
    "Quiet",
    "Raven",
    "Red",
    "Rowan",
    "Rust",
    "Saffron",
    "Sage",
    "Salt",
    "Scarlet",
    "Silent",
    "Silver",
    "Slate",
    "Soft",
    "South",
    "Still",
    "Sugar",
    "Tall",
    "Tawny",
    "Velvet",
    "Walnut",
    "Warm",
    "Wild",
    "Willow",
    "Winter",
    "Wooden",
]
ROOMS = [
    "Attic",
    "Arches",
    "Barn",
    "Basement",
    "Boathouse",
    "Booth",
    "Box",
    "Boxroom",
    "Bunker",
    "Cabin",
    "Cellar",
    "Chapel",
    "Coach-house",
    "Cove",
    "Cupboard",
    "Dairy",
    "Den",
    "Dock",
    "Foundry",
    "Gallery",
    "Garret",
    "Granary",
    "Hayloft",
    "Hollow",
    "Kiln",
    "Landing",
    "Larder",
    "Library",
    "Lodge",
    "Loft",
    "Mill",
    "Nest",
    "Nook",
    "Outhouse",
    "Pantry",
    "Parlour",
    "Pier",
    "Potting-shed",
    "Quarter",
    "Room",
    "Sail-loft",
    "Shed",
    "Signal-box",
    "Snug",
    "Stable",
    "Studio",
    "Tower",
    "Vault",
    "Wardrobe",
    "Workshop",
    "Yard",
]
CREATURES = [
    "Badger",
    "Bittern",
    "Crow",
    "Curlew",
    "Dormouse",
    "Fox",
    "Goldfinch",
    "Hare",
    "Heron",
    "Jackdaw",
    "Kestrel",
    "Kingfisher",
    "Lark",
    "Linnet",
    "Magpie",
    "Marten",
    "Moth",
    "Nightingale",
    "Otter",
    "Owl",
    "Owlet",
    "Pigeon",
    "Plover",
    "Robin",
    "Rook",
    "Sparrow",
    "Starling",
    "Stoat",
    "Swift",
    "Tern",
    "Thrush",
    "Warbler",
    "Whale",
    "Whippet",
    "Wren",
]
CRAFTS = ("Audio", "Sound", "Voice", "Voices", "Recording", "Studios", "Voiceover", "Productions")
THINGS = [
    "Capsule",
    "Diaphragm",
    "Pop Shield",
    "Slate",
    "Second Take",
    "Wild Track",
    "Room Tone",
    "Cold Read",
    "Clean Feed",
    "Reel",
    "Patchbay",
    "Red Light",
    "Talkback",
    "Sibilant",
    "Plosive",
    "Proximity",
    "Undertone",
    "Overtone",
    "Cadence",
    "Vowel",
    "Consonant",
    "Full Stop",
    "Comma",
    "Ellipsis",
    "Footnote",
    "Marginalia",
    "Prologue",
    "Last Word",
    "Loud Hailer",
]


def some_person(rng: Random, city: City) -> tuple[str, str]:
    """A first and a last name typical of the city; cities have people from everywhere."""
    culture = CULTURES.get(city.country, "") if rng.random() < 0.8 else ""
    last = rng.choice(_split_names(LAST[culture]))
    return rng.choice(FIRST[culture].split()), last


def some_studio_name(rng: Random, city: City, first: str, last: str) -> str:
    quality, room, creature = rng.choice(QUALITIES), rng.choice(ROOMS), rng.choice(CREATURES)
    craft, thing = rng.choice(CRAFTS), rng.choice(THINGS)
    place = (quarter(city) or plain_name(city)) if len(city.name) < 22 else plain_name(city)
    room = room.replace("-", " ").title() if rng.random() < 0.5 else room.replace("-", "")
    patterns = (
        (14, f"The {quality} {room}"),
        (12, f"{quality} {creature} {craft}"),
        (9, f"{creature} & {rng.choice(CREATURES)}"),
        (9, f"{last} {craft}"),
        (8, f"{first} {last} Voiceover"),
        (8, f"{thing} {craft}"),
        (7, f"The {thing}"),
        (7, f"{place} {room} {craft}"),
        (6, f"{quality} {room} {craft}"),
        (6, f"{last} & {rng.choice(_split_names(LAST['']))}"),
        (5, f"{first}'s {room}"),
        (4, f"Studio {rng.randrange(2, 60)} {place}"),
        (3, f"{first} {last}"),
        (3, f"{quality}{room.lower().replace(' ', '')} {craft}"),
    )
    return rng.choices([name for _, name in patterns], [weight for weight, _ in patterns])[0]


def _split_names(names: str) -> list[str]:
    """Split at spaces, but keep `de Vries` together."""
    found: list[str] = []
    for word in names.split():
        if found and found[-1] in PREFIXES:
            found[-1] = f"{found[-1]} {word}"
        else:
            found.append(word)
    return found
