"""Whole answers that are kept are asked for before a thread is taken: here, and nowhere else."""

from collections.abc import Awaitable, Callable
from typing import Any

from portal.serving.answers import Answer

Ask = Callable[[dict[str, Any]], Awaitable[Answer | None]]


def door_for(_app: object) -> Ask:
    return _nothing


async def _nothing(_scope: dict[str, Any]) -> Answer | None:
    return None
