"""The queue's messages, in JSON: reading the queue's file runs no code, as unpickling would."""

import json
from typing import Any

from huey.registry import Message
from huey.serializer import Serializer

TASK = "portal.jobs.queue.execute"
"""Every message's task, as huey names it; `queue.execute` has this name."""
NO_OPERATION = 0
"""The id of no row in ops."""


class JsonSerializer(Serializer):  # type: ignore[misc]
    """A message that can't be read, such as a pickled one, names no operation.

    Nothing is lost: the operation's row still waits in ops, where the worker finds it.
    """

    def _serialize(self, data: Any) -> bytes:
        return json.dumps(data._asdict()).encode()

    def _deserialize(self, data: bytes) -> Any:
        try:
            message = Message(**json.loads(data))
        except (ValueError, TypeError):
            return _of(NO_OPERATION)
        return message if _is_whole(message) else _of(NO_OPERATION)


def _is_whole(message: Any) -> bool:
    args = message.args
    has_id = isinstance(args, list) and len(args) == 1 and type(args[0]) is int
    return message.name == TASK and has_id


def _of(operation_id: int) -> Any:
    return Message(id=f"operation-{operation_id}", name=TASK, args=[operation_id], kwargs={})
