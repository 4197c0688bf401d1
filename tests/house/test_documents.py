"""Documents name what is there: links lead somewhere, decisions are listed, settings told."""

import re
from pathlib import Path

from tests.house.tree import ROOT, tracked
from tests.support.nothing import require_none

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s#]+)(?:#([\w-]+))?\)|<img src=\"([^\"]+)\"")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
PARTS = ["Decided", "Because", "Instead of", "What it costs"]
DECISIONS = ROOT / "docs" / "decisions"
READ = re.compile(
    r"(?:environ(?:\.get\(|\[)|_(?:choice|number|url)\(\s*environ,\s*)\"([A-Z][A-Z_]+)\""
)


def documents() -> list[Path]:
    return [path for path in tracked("*.md", "docs/*.md") if path.parent in PLACES]


PLACES = {ROOT, ROOT / "docs", DECISIONS}


def anchors(path: Path) -> set[str]:
    text = path.read_text(encoding="utf-8")
    titles = (title.lower() for title in HEADING.findall(text))
    return {re.sub(r"[^\w -]", "", title).strip().replace(" ", "-") for title in titles}


def test_every_link_leads_to_something():
    dead = []
    for page in documents():
        for target, anchor, image in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
            path = (page.parent / (target or image)).resolve()
            if "://" in target:
                continue
            if not path.exists() or (anchor and anchor not in anchors(path)):
                dead.append(f"{page.name}: {target or image}#{anchor}")
    require_none(dead, "Links that lead nowhere: name a file and a heading that are there")


def test_each_decision_is_listed_numbered_and_says_why():
    files = sorted(path.name for path in DECISIONS.glob("0*.md"))
    assert [int(name[:4]) for name in files] == [*range(1, len(files) + 1)]
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")
    for name in files:
        text = (DECISIONS / name).read_text(encoding="utf-8")
        title = text.splitlines()[0].split(": ", 1)[1]
        row = f"| [{name[:4]}]({name}) | {title} |"
        assert row in index, f"add this row to docs/decisions/README.md: {row}"
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == PARTS, f"{name}: these parts"


def test_files_that_documents_name_are_there():
    named = re.compile(r"`((?:portal|tests|tools|migrations|bench)/[\w./-]+\.\w+)`")
    guides = [ROOT / "docs" / "architecture.md", ROOT / "docs" / "development.md"]
    pages = [*guides, ROOT / "CONTRIBUTING.md", *DECISIONS.glob("*.md")]
    found = {name for page in pages for name in named.findall(page.read_text(encoding="utf-8"))}
    assert len(found) > 5
    require_none(
        [name for name in found if not (ROOT / name).exists()],
        "Documents name files that are not there: name them as they are called now",
    )


def test_each_setting_is_documented_for_operators():
    code = "\n".join(
        path.read_text(encoding="utf-8") for path in tracked("portal/core/*.py", "portal/app.py")
    )
    guide = "\n".join(path.read_text(encoding="utf-8") for path in tracked("docs/*.md"))
    found = set(READ.findall(code))
    assert len(found) > 15
    require_none(
        [name for name in found if f"`{name}`" not in guide],
        "Add a row for each of these settings to docs/operator.md",
    )


def test_each_runbook_action_is_in_the_guide():
    names = (ROOT / "tests" / "house" / "fixed_names.txt").read_text(encoding="utf-8")
    guide = (ROOT / "docs" / "runbooks.md").read_text(encoding="utf-8")
    actions = re.findall("^runbook action (.+)$", names, re.MULTILINE)
    require_none(
        [name for name in actions if f"| `{name}` | " not in guide],
        "Add a row for each of these actions to docs/runbooks.md",
    )
    plans = re.findall("^plan (.+)$", names, re.MULTILINE)
    require_none(
        [name for name in plans if f"`{name}`" not in guide],
        "Name each of these plans in docs/runbooks.md",
    )


def test_the_first_page_leads_to_all_guides():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    text += (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    text += (ROOT / "docs" / "development.md").read_text(encoding="utf-8")
    guides = [path.name for path in (ROOT / "docs").glob("*.md")]
    require_none(
        [name for name in guides if f"{name})" not in text and f"{name}#" not in text],
        "Link these guides from README.md, CONTRIBUTING.md or docs/development.md",
    )
