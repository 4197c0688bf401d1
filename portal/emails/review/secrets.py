"""Finds possible secrets in an outgoing text."""

import re

from portal.emails.delivery.link_keys import KEY_IN_TEXT

_PATTERNS = (
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVA[T]E KEY-----")),
    (
        "a database’s address with a password",
        re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s:/@<>]+:[^\s/@<>]+@[^\s<>]+", re.I),
    ),
    (
        "a password or key",
        re.compile(
            r"\b(?:pass(?:word|wd|phrase)?|pwd|secret(?:[_ -]?key)?|api[_ -]?key|"
            r"(?:access|auth|bearer)[_ -]?(?:token|key)|token)"
            r"[*_`\"']*[ \t]*(?:is[ \t]*:?|[:=]|&#61;)[ \t]*[*_`\"']*"
            r"(?=[^\s,;]*[\d!@#$%^*_+=/])[^\s,;]{6,}",
            re.I,
        ),
    ),
    ("a private link that opens a report", KEY_IN_TEXT),
    ("an authorization header", re.compile(r"\bBearer[ \t]+[\w.~+/-]{16,}=*", re.I)),
    (
        "an access token",
        re.compile(
            r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|"
            r"xox[abeprs]-[\w-]{10,}|sk_(?:live|test)_\w{16,}|sk-[\w-]{20,}|"
            r"A(?:KIA|SIA)[A-Z0-9]{16}|AIza[\w-]{30,}|npm_\w{30,}|SG\.[\w-]{16,}\.[\w-]{16,}|"
            r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*)"
        ),
    ),
)


def secrets_in(text: str) -> list[str]:
    """The kinds of secret that the text seems to contain, each once; never the secret itself."""
    return [what for what, pattern in _PATTERNS if pattern.search(text)]
