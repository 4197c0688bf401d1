"""The queue's messages: JSON with one task and one integer. Reading the file runs no code.

Whatever else a row holds (another task, more arguments, a follow-up, a time) is dropped when it is
read: the worker gets the integer and nothing else.
"""

import json
from typing import Any

from huey import SqliteHuey
from huey.registry import Message
from huey.serializer import Serializer

TASK = "portal.jobs.queue.execute"
"""Every message's task, as huey names it; `queue.execute` has this name."""
NO_OPERATION = 0
"""The id of no row in ops."""
LARGEST = 2**63 - 1
"""The largest id that a database can hold."""


class JsonSerializer(Serializer):  # type: ignore[misc]
    """A message that can't be read, such as a pickled one, names no operation.

    Nothing is lost: the operation's row still waits in ops, where the worker finds it.
    """

    def _serialize(self, data: Any) -> bytes:
        (operation_id,) = data.args
        return json.dumps({"name": TASK, "args": [operation_id]}).encode()

    def _deserialize(self, data: Any) -> Any:
        try:
            return _of(_id_in(json.loads(data)))
        except (ValueError, TypeError, RecursionError):
            return _of(NO_OPERATION)


class QueueFile(SqliteHuey):  # type: ignore[misc]
    """Huey without revocations, which are never used: a row of them could stop every operation."""

    def is_revoked(self, *_task: Any, **_how: Any) -> bool:
        return False


def _id_in(message: Any) -> int:
    """Raises TypeError unless the message asks for this task with one positive integer."""
    args = message.get("args") if isinstance(message, dict) else None
    if not isinstance(args, list) or len(args) != 1 or message.get("name") != TASK:
        raise TypeError
    if type(args[0]) is not int or not 0 < args[0] <= LARGEST:
        raise TypeError
    return args[0]


def _of(operation_id: int) -> Any:
    return Message(id=f"operation-{operation_id}", name=TASK, args=[operation_id], kwargs={})
