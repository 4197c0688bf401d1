"""From sign-up to a published studio at a desk; test_owner.py: on a phone, and without scripts."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.journeys.stack import Stack
from tests.journeys.test_owner import publish_from_sign_up

pytestmark = pytest.mark.timeout(300)


def test_a_studio_is_published_at_a_desk(browser: Browser, stack: Stack, tmp_path: Path) -> None:
    publish_from_sign_up(browser, stack, tmp_path, "wide")
