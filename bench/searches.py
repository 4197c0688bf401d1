"""Addresses of different searches: words, words and places, places, filters, orders."""

import random
from urllib.parse import urlencode

_WORDS = """
voice podcast audiobook dubbing narration isdn source-connect cleanfeed zoom neumann sennheiser
booth treated quiet parking coach producer recording home verified microphone interface reverb
commercial trailer animation game radio live german french
"""
_CITIES = """
London Dublin Berlin Paris Madrid Lisbon Rome Vienna Amsterdam Stockholm Oslo Toronto Chicago
Sydney Melbourne Mumbai Tokyo Singapore Manchester Bristol Edinburgh Glasgow Leeds Cardiff
"""
WORDS, CITIES = _WORDS.split(), _CITIES.split()
TYPES = ("home", "recording", "podcast", "voice-over coach", "audio producer", "voice-over")
SERVICES = ("ISDN", "Source-Connect", "Cleanfeed", "Session Link Pro", "Zoom", "Skype", "Teams")
ORDERS = ("relevance", "rating", "newest", "name")


def searches(seed: int = 1) -> list[str]:
    """Some thousands, in a deterministic order."""
    asked: list[dict[str, str]] = [{"q": f"{a} {b}"} for a in WORDS for b in WORDS if a != b]
    asked += [{"q": f"{word} {city}"} for word in WORDS for city in CITIES]
    asked += [{"q": word, "near": city} for word in WORDS for city in CITIES]
    asked += [{"q": word, "type": kind} for word in WORDS for kind in TYPES]
    asked += [{"q": word, "service": each} for word in WORDS for each in SERVICES]
    asked += [{"q": word, "sort": order} for word in WORDS for order in ORDERS]
    asked += [{"near": city, "radius": f"{km}"} for city in CITIES for km in range(10, 250, 10)]
    asked += [
        {"type": kind, "service": service, "page": f"{page}"}
        for kind in TYPES
        for service in SERVICES
        for page in (1, 2, 3)
    ]
    random.Random(seed).shuffle(asked)
    return [f"/studios?{urlencode(each)}" for each in asked]
