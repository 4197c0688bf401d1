"""A certificate authority of our own, and what it signs; made by OpenSSL's program."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")


@dataclass(frozen=True)
class Authority:
    """`file` is its certificate, for whoever is to trust it."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "authority.pem"

    def context_for(self, name: str) -> ssl.SSLContext:
        """What a server of that name (`IP:…` or `DNS:…`) needs to speak TLS."""
        pem = self.folder / f"{name.replace(':', '-')}.pem"
        signed = ("-CA", str(self.file), "-CAkey", str(self.file))
        _make(pem, "/CN=a mail server", "-addext", f"subjectAltName={name}", *signed)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pem)
        return context


def _make(pem: Path, subject: str, *more: str) -> None:
    """Key and certificate in one file."""
    key = pem.with_suffix(".key")
    files = ("-keyout", str(key), "-out", str(pem), "-subj", subject)
    words = ["openssl", "req", "-x509", *KEY, *files, *more]
    subprocess.run(words, check=True, capture_output=True)
    pem.write_text(key.read_text() + pem.read_text())


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    _make(authority.file, "/CN=an authority of our own")
    return authority
