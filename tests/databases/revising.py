"""Revisions that a test writes into its own copy of the history."""

from pathlib import Path

from tests.databases.stage import HEAD

EXPAND, CONTRACT = "aaaaaaaaaaaa", "bbbbbbbbbbbb"


def write_revision(
    history: Path,
    revision: str = EXPAND,
    *,
    follows: str | None = HEAD,
    phase: str = "expand",
    upgrade: str = "op.execute('ALTER TABLE users ADD COLUMN motto VARCHAR(80)')",
    downgrade: str = "op.execute('ALTER TABLE users DROP COLUMN motto')",
    more: str = "",
) -> Path:
    """`upgrade` and `downgrade` are statements, one a line."""
    file = history / "versions" / f"{revision}_of_a_test.py"
    file.write_text(
        f'"""A test\'s change.\n\nRevision: {revision}\nFollows: {follows}\n\n'
        'Its author says why.\n"""\n\n'
        "import sqlalchemy as sa\nfrom alembic import op\n\n"
        f"revision = {revision!r}\ndown_revision = {follows!r}\n"
        f"branch_labels = depends_on = None\nphase = {phase!r}\n{more}\n\n"
        f"def upgrade():\n{_indented(upgrade)}\n\n\ndef downgrade():\n{_indented(downgrade)}\n",
        encoding="utf-8",
    )
    return file


def write_pair(history: Path) -> None:
    """An expand, and the contract that it prepares."""
    write_revision(history)
    write_revision(
        history,
        CONTRACT,
        follows=EXPAND,
        phase="contract",
        upgrade="op.execute('ALTER TABLE users DROP COLUMN motto')",
        downgrade="op.execute('ALTER TABLE users ADD COLUMN motto VARCHAR(80)')",
        more=f"expand = {EXPAND!r}",
    )


def _indented(lines: str) -> str:
    return "\n".join(f"    {line}" for line in lines.strip().splitlines())
