"""${message.capitalize().rstrip(".")}.

Revision: ${up_revision}
Follows: ${down_revision | comma,n}

The first line above is the change's name on every page. Say here why it is needed, and for a
contract which release stopped needing what it removes.
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}

# "expand" when the code that runs now can work with the result; otherwise "contract", with
# expand = "<the revision that prepared it>", which is in production for a day first.
# What `flask databases lint` names is fixed, or accepted at its line with a reason:
# "lint: accept <rule>: <why it is no danger here>".
phase = "expand"

# Checked after the commit; if one is not true, the backup is restored automatically:
# verifications = [("every studio has a name", "SELECT count(*) = 0 FROM …")]

# Checks: (a description, SQL before, SQL after). Both return one equal value.
upgrade_invariants: list[tuple[str, str, str]] = []
downgrade_invariants: list[tuple[str, str, str]] = []


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
