"""The folder that replaces a mail server in a demo: one .eml file per letter.

No file contains the key of a private link: everyone who can read the folder could open the report.
"""

from collections.abc import Iterable
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path

from portal.core.clock import now
from portal.core.errors import NotFound
from portal.core.files.private import write_whole
from portal.emails.delivery.link_keys import covered_letter
from portal.emails.delivery.message_bytes import Temporary, envelope_of, letter_of


class MailFolder:
    """Implements `Transport`. Files are written atomically."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def deliver(self, letter: EmailMessage) -> str:
        content = covered_letter(envelope_of(letter).content)
        name = f"{now():%Y%m%d-%H%M%S-%f}-{sha256(content).hexdigest()[:8]}.eml"
        try:
            write_whole(self.folder / name, content, durably=False)
        except OSError as error:
            raise Temporary(
                f"It can't be written into the mail folder: {error.strerror}."
            ) from None
        return f"Written to {name}."

    def names(self) -> list[str]:
        """The letters' file names, newest first."""
        return sorted((file.name for file in self.folder.glob("*.eml")), reverse=True)

    def cover_keys(self) -> int:
        """Mask keys that an earlier release left in files. Returns the number of files changed."""
        found = [path for path in self.folder.glob("*.eml") if path.is_file()]
        letters = [(path, path.read_bytes()) for path in found]
        bare = [(path, content) for path, content in letters if covered_letter(content) != content]
        for path, content in bare:
            write_whole(path, covered_letter(content))
        return len(bare)

    def read(self, name: str) -> bytes:
        """One letter's bytes. Raises NotFound, also for a name that points outside the folder."""
        if name not in self.names():
            raise NotFound("There is no such message.")
        return (self.folder / name).read_bytes()

    def letters(self, names: Iterable[str]) -> list[tuple[str, EmailMessage]]:
        """The letters of those names that still exist."""
        found = []
        for name in names:
            try:
                found.append((name, letter_of((self.folder / name).read_bytes())))
            except FileNotFoundError:
                continue
        return found

    def letter(self, name: str) -> EmailMessage:
        """Raises NotFound."""
        return letter_of(self.read(name))
