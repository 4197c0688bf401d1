"""A directory as it was before Talkback, as SQL that psql reads on any supported server."""

import re
import subprocess
import tempfile
from pathlib import Path

from portal.directory.demo import fill_legacy
from tests.support.alembic import LEGACY, engine_for, upgrade
from tests.support.postgres import running_server

STUDIOS = 642


def legacy_dump() -> Path:
    """Revision 0001 with the demo's 642 studios and nothing of the guard."""
    server = running_server()
    file = Path(tempfile.mkdtemp(prefix="legacy-")) / "legacy.sql"
    with server.database() as url:
        engine = engine_for(url)
        upgrade(engine, LEGACY)
        with engine.begin() as connection:
            fill_legacy(connection, studios=STUDIOS)
        engine.dispose()
        words = [str(server.tools / "pg_dump"), "--no-owner", "--no-privileges"]
        where = [f"--host={server.folder}", "--username=postgres", str(url.database)]
        sql = subprocess.run([*words, *where], check=True, capture_output=True, text=True).stdout
    file.write_text(re.sub(r"^(SET transaction_timeout|\\(un)?restrict).*\n", "", sql, flags=re.M))
    return file
