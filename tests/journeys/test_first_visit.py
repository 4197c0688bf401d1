"""What somebody's first visit of the directory loads, as a real browser counts it."""

import pytest
from playwright.sync_api import Browser

from tests.journeys.stack import Stack

pytestmark = pytest.mark.timeout(300)

PICTURE = ".webp"


def test_a_first_visit_is_few_requests_and_few_bytes(browser: Browser, stack: Stack) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    network, addresses, sizes = context.new_cdp_session(page), {}, {}
    network.on(
        "Network.responseReceived",
        lambda event: addresses.update({event["requestId"]: event["response"]["url"]}),
    )
    network.on(
        "Network.loadingFinished",
        lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}),
    )
    network.send("Network.enable")
    page.goto(f"{stack.development}/studios")
    page.wait_for_load_state("networkidle")
    shown = page.evaluate(
        "[...document.images].filter(each => each.complete && each.naturalWidth)"
        ".map(each => [each.currentSrc, each.naturalWidth, each.clientWidth])"
    )
    context.close()
    loaded = {key: address for key, address in addresses.items() if address.startswith("http")}
    others = [key for key, address in loaded.items() if not address.endswith(PICTURE)]
    assert len(others) <= 12, sorted(loaded[key] for key in others)
    assert sum(sizes[key] for key in others) <= 80_000
    assert shown
    assert all("/images/480/" in source and wide <= 480 for source, wide, _ in shown), shown
