"""The comparison in a plan: which objects are lost or changed without being named."""

from typing import Any

from portal.core.errors import Refused
from portal.core.storage.database import JsonDict
from portal.databases.migrations.objects.comparing import Loss
from portal.databases.migrations.objects.tokens import bare, tokens
from portal.databases.migrations.objects.watching import ObjectWatch

NOT_COMPARED = "The objects of the schema were not compared when this plan was made."
SHOWN_AT_MOST = 10


def as_json(watch: ObjectWatch) -> JsonDict:
    """How many objects were compared, in how many tables; and those that no operation names."""
    tables = sum(1 for key in watch.first if key.kind == "table")
    return {
        "compared": len(watch.first),
        "tables": tables,
        "unnamed": [each.json for each in watch.losses],
    }


def sentence_of(objects: JsonDict | None) -> str:
    """What was compared and found, for display."""
    if objects is None:
        return NOT_COMPARED
    number, tables = objects["compared"], objects["tables"]
    what = f"{number} objects and properties of {tables} tables were compared"
    number = len(objects["unnamed"])
    if not number:
        return f"{what}: none goes or changes that no operation of a revision names."
    verb = "go or change" if number > 1 else "goes or changes"
    return f"{what}: {number} {verb} that no operation of a revision names."


def unnamed_in(objects: JsonDict | None) -> list[JsonDict]:
    """The unnamed losses for a template; `revision` is empty if no revision caused one."""
    found = objects["unnamed"] if objects else []
    return [{**each, "revision": each["revision"] or ""} for each in found]


def listed(objects: JsonDict | None) -> list[str]:
    """A sentence for each, with the revision that does it."""
    unnamed = unnamed_in(objects)
    return [
        f"{each['revision'] or 'Outside of the revisions'}: {each['sentence']}" for each in unnamed
    ]


def needs_reason(objects: JsonDict | None) -> bool:
    """Whether the plan needs a reason: for losses, and if nothing was compared."""
    return objects is None or bool(objects["unnamed"])


def require_no_more(objects: JsonDict | None, losses: list[Loss]) -> None:
    """Raises Refused for losses or changes beyond those that the plan lists and people approved."""
    approved = [_key(each) for each in (objects["unnamed"] if objects else [])]
    beyond = [each.sentence for each in losses if _key(each.json) not in approved]
    if beyond:
        more = len(beyond) - SHOWN_AT_MOST
        also = f" And {more} more." if more > 0 else ""
        raise Refused(
            f"The change removes what was not approved: {' '.join(beyond[:SHOWN_AT_MOST])}{also}"
            " All of it was undone.",
            remedy="Name it in the revision, and prepare the change again.",
        )


def _key(loss: JsonDict) -> tuple[Any, ...]:
    """Identifies a loss; a counter's numbers change in the meantime."""
    kind = loss["key"][0]
    found = loss["found"]
    if kind == "counter" or found is None:
        return (loss["revision"], *loss["key"], found is None)
    return (loss["revision"], *loss["key"], *map(bare, tokens(found)))
