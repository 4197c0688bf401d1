"""How many documents of a folder get the structure that cmark-gfm gives them.

`python -m tests.documents.parity FOLDER [--show]` prints the numbers of docs/markdown.md.
"""

import sys
from difflib import unified_diff
from pathlib import Path

from portal.core.errors import Invalid
from portal.documents.document import Document, read_document
from portal.documents.markdown.converter import to_html
from tests.documents.structure import reference_html, structure


def read_all(folder: Path) -> list[Document]:
    """Every readable document; front matter that is broken has tests of its own."""
    documents = []
    for path in sorted(folder.rglob("*.md")):
        try:
            documents.append(read_document(path, folder))
        except Invalid as error:
            sys.stderr.write(f"{error}\n")
    return documents


def difference(source: str) -> list[str]:
    """What the rendering has and the reference has not; empty when they are equal."""
    ours, reference = structure(to_html(source)[0]), structure(reference_html(source))
    return list(unified_diff(reference, ours, "cmark-gfm", "ours", lineterm="", n=2))


def main(folder: Path, *, show: bool) -> None:
    documents = read_all(folder)
    differing = {d.name: lines for d in documents if (lines := difference(d.body))}
    equal = len(documents) - len(differing)
    report = [f"{equal} of {len(documents)} have cmark-gfm's structure"]
    for name, lines in differing.items():
        report += [name, *(f"    {line}" for line in lines if show)]
    sys.stdout.write("\n".join(report) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), show="--show" in sys.argv)
