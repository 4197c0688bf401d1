"""PostgreSQL's codes. A connection that was refused has none, only the server's message."""

import re

NAMES = {
    "53100": "full",
    "25006": "read-only",
    **dict.fromkeys(("42501", "28000", "28P01"), "no rights"),
    **dict.fromkeys(("XX001", "XX002", "58P01"), "damaged"),
    "3D000": "missing",
    **dict.fromkeys(("55P03", "40P01"), "locked"),
    **dict.fromkeys(("53300", "53400"), "no free connection"),
    **dict.fromkeys(("57P01", "57P02", "57P03", "57P04", "57P05"), "unreachable"),
    **dict.fromkeys(("58000", "58030", "55000"), "unreachable"),
    **dict.fromkeys(("42P01", "42703", "3F000"), "not set up"),
}
CLASSES = {"08": "unreachable", "28": "no rights", "53": "unreachable", "57": "unreachable"}
"""Classes of codes: connections, logins, resources, an operator's doing."""
CANCELLED = "57014"
MESSAGES = {
    "no free connection": (
        r"too many connections|too many clients|remaining connection slots"
        r"|connection slots are reserved"
    ),
    "missing": r"FATAL:\s+database \"[^\"]*\" does not exist",
    "no rights": (
        r"password authentication failed|authentication failed for user|no pg_hba\.conf entry"
        r"|role \"[^\"]*\" does not exist|is not permitted to log in|permission denied for database"
        r"|no password supplied|fe_sendauth|SCRAM"
    ),
}
"""In English, as servers log by default; in another language the cause is “unreachable”, and the
server's own words are shown as well."""


def cause_name(error: BaseException | None) -> str | None:
    code = getattr(error, "sqlstate", None)
    if code == CANCELLED:
        return None
    if code:
        return NAMES.get(code) or CLASSES.get(code[:2])
    if not hasattr(error, "sqlstate") or type(error).__name__ != "OperationalError":
        return None
    message = str(error)
    found = (name for name, pattern in MESSAGES.items() if re.search(pattern, message, re.I))
    return next(found, "unreachable")


def server_said(error: BaseException | None) -> str:
    """The last thing that a server or the client's library said, without where it was."""
    lines = [each.strip() for each in str(error).splitlines() if each.strip()]
    said = next((each for each in lines if "FATAL:" in each), lines[0] if lines else "no answer")
    return said.rpartition("FATAL:")[2].rpartition("failed:")[2].strip().rstrip(".") or said
