"""On each page there is: one sheet, one script, and htmx only where the page asks for fragments."""

import re

from bs4 import BeautifulSoup

from tests.security.test_odd_values import SLUG, path_of, scene, settings  # noqa: F401  (the scene)
from tests.support.cast import log_in


def pages(app, client):
    """Path and page of all addresses that answer with one, for an administrator."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or set()) and rule.endpoint not in {"static", "asset"}:
            path = path_of(rule.rule).replace(f"/templates/{SLUG}", "/templates/update")
            answer = client.get(path)
            if answer.mimetype == "text/html" and "<html" in answer.text:
                yield rule.rule, answer.text


def test_every_page_loads_one_sheet_and_one_script(app, scene, client):  # noqa: F811
    app.config["PROPAGATE_EXCEPTIONS"] = False
    log_in(client, scene)
    seen, addresses, wrong = set(), set(), {}
    for rule, text in pages(app, client):
        if 'class="skip"' not in text:  # a message, to be framed: it loads nothing
            assert not {"<script", "<link"} & set(re.findall(r"<\w+", text)), rule
            continue
        page = BeautifulSoup(text, "html.parser")
        sheets = [tag["href"] for tag in page.select("link[rel=stylesheet]")]
        scripts = [tag["src"] for tag in page.select("script")]
        own = [each for each in scripts if "/htmx." not in each]
        asks = bool(page.select("[hx-get], [hx-post]"))
        if (len(sheets), len(own), len(scripts) - len(own)) != (1, 1, asks):
            wrong[rule] = sheets + scripts
        seen.add(rule)
        addresses.update(sheets + scripts)
    assert wrong == {}
    assert len(seen) > 50, len(seen)
    for address in addresses:
        assert "immutable" in client.get(address).headers["Cache-Control"], address
