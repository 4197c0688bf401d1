"""Values of front matter as text."""


def one_line(value: object) -> str:
    return " ".join(str(value).split())


def texts(value: object) -> tuple[str, ...]:
    """The items of a list, or of a comma-separated line."""
    if isinstance(value, dict):
        raise ValueError("must be a list.")
    items = value if isinstance(value, list) else str(value).split(",")
    return tuple(text for item in items if (text := one_line(item)))
