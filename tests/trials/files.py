"""Reports as people had them, of every kind that the rule for readers tells apart."""

HEAD = "# {title}\n\n**Date:** 2026-03-04\n\nWords of {title}.\n"
HIDDEN = "\n/// internal\nThe disk of {title} was full.\n///\n"


def report(title: str, *front: str, before: str = "---", more: str = HIDDEN) -> str:
    meta = "\n".join([before, *front, "---", ""]) if front else ""
    return meta + (HEAD + more).format(title=title)


REPORTS = {
    "plain": report("Plain"),
    "described": report("Described", "title: Described", "severity: major", "status: resolved"),
    "for-clients": report("Stated", "audience: clients"),
    "for-all": report("Public", "audience: public"),
    "for-harbour": report("Harbour stated", "audience: clients", "clients: [harbour]"),
    "named-harbour": report("Harbour named", "clients: [harbour]"),
    "named-lantern": report("Lantern named", "clients: [lantern]"),
    "named-tidewater": report("Tidewater named", "clients: tidewater"),
    "for-staff": report("Staff", "audience: internal"),
    "near-miss": report("Near miss", "Audience: internal"),
    "misspelt": report("Misspelt", "audiance: internal"),
    "unfinished": report("Unfinished", "draft: true"),
    "contradicting": report("Contradicting") + "\n**Audience:** internal\n",
    "other-fence": report("Fence", more="\n:::internal\nThe secret of {title}.\n:::\n"),
    "other-notation": "+++\naudience = 'internal'\n+++\n" + report("Plus"),
    "two-blocks": report(
        "Two", "audience: clients", more=HIDDEN + "\n/// client lantern\nFor Lantern.\n///\n"
    ),
    "2020-01-02-status-page": report(
        "Status page",
        "title: Search is down",
        "date: 2020-01-02 10:00:00",
        "resolved: true",
        "resolvedWhen: 2020-01-02 11:00:00",
        "severity: down",
        "affected: [Search]",
        "section: issue",
    ),
    "README": report("Read me"),
    "other-words": report("Other words", "audience: customers"),
    "in-capitals": report("Capitals", "audience: Clients"),
    "in-a-list": report("List", "audience: [clients]"),
    "said-nothing": report("Nothing", "audience:"),
    "named-nobody": report("Nobody", "clients: []"),
    "said-twice": report("Twice", "audience: clients", "audience: internal"),
    "unpublished": report("Unpublished", "published: false"),
    "hidden": report("Hidden", "visibility: private"),
    "not-closed": "---\naudience: internal\n\n" + report("Not closed"),
    "not-read": report("Not read", "title: one: two", "audience: internal"),
    "below-a-line": "\n" + report("Below a line", "audience: internal"),
    "by-another-table": report("Table")
    + "\n| Field | Value |\n|---|---|\n| Audience | internal |\n",
    "drafts/early": report("Early"),
}

TEMPLATE = """---
subject: "About [Incident Title]"
---
Hi [Client Name],

it is over. Read it here: [Report Link]

[Sender Name]
"""

RUNBOOK = """---
id: look
title: Look at the site
risk: low
roles: [ops, admin]
---
# Look at the site

## Steps

### Open it

Open the site.

### Read it

Read what it says.
"""


def write_folders(folder) -> dict[str, str]:
    """As a team has them in its repository; the settings that name them."""
    incidents, runbooks = folder / "incidents", folder / "runbooks"
    (incidents / "emails").mkdir(parents=True)
    runbooks.mkdir()
    for slug, source in REPORTS.items():
        (incidents / slug).parent.mkdir(exist_ok=True)
        (incidents / f"{slug}.md").write_text(source, encoding="utf-8")
    (incidents / "emails" / "over.md").write_text(TEMPLATE, encoding="utf-8")
    (runbooks / "look.md").write_text(RUNBOOK, encoding="utf-8")
    return {"INCIDENTS_DIR": str(incidents), "RUNBOOKS_DIR": str(runbooks)}
