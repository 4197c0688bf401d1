"""The limits of uploads, which the page says before anybody chooses a file."""

MOST_PICTURES = 10
LARGEST = 15_000_000
"""Bytes of one file."""
MOST_PIXELS = 50_000_000
SMALLEST = 200
"""Pixels that each side has at least."""
LONGEST_TEXT = 300
"""Characters of an alternative text, as many as its column holds."""
MEDIA_TYPES = "image/jpeg,image/png,image/webp"
PAGE = "/me/images"
LARGEST_REQUEST = MOST_PICTURES * LARGEST + 1_000_000
"""Bytes of all pictures sent at once, and what is around them."""
