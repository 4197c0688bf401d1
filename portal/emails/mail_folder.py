"""The folder that stands for a mail server in a demo and in development: one .eml file a letter."""

import tempfile
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path

from portal.core.clock import now
from portal.core.errors import NotFound
from portal.emails.letter import Temporary, envelope_of, letter_of


class MailFolder:
    """Fits `Transport`. A file appears whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def deliver(self, letter: EmailMessage) -> str:
        content = envelope_of(letter).content
        name = f"{now():%Y%m%d-%H%M%S-%f}-{sha256(content).hexdigest()[:8]}.eml"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".part", delete=False) as file:
                file.write(content)
            Path(file.name).rename(self.folder / name)
        except OSError as error:
            raise Temporary(
                f"It can't be written into the mail folder: {error.strerror}."
            ) from None
        return f"Written to {name}."

    def names(self) -> list[str]:
        """The letters' file names, newest first."""
        return sorted((file.name for file in self.folder.glob("*.eml")), reverse=True)

    def read(self, name: str) -> bytes:
        """One letter's bytes. Raises NotFound, also for a name that leads elsewhere."""
        if name not in self.names():
            raise NotFound("There is no such message.")
        return (self.folder / name).read_bytes()

    def letter(self, name: str) -> EmailMessage:
        """Raises NotFound."""
        return letter_of(self.read(name))
