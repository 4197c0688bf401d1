"""Measurements of this machine: its own network, and the disk with the data."""

import shutil
import socket
from pathlib import Path

from portal.core.faults.of_files import free_on
from portal.monitoring.probes.measures.finding import Finding, failed, passed

PATIENCE = 0.5
LEAST_SHARE, LEAST_BYTES, ENOUGH = 0.05, 256 * 1024**2, 5 * 1024**3
GB = 1_000_000_000


def loopback_fault() -> str | None:
    """Why this machine can't reach itself; None if it can. Takes a second at most."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(PATIENCE)
            with socket.create_connection(server.getsockname(), PATIENCE) as one:
                other, _ = server.accept()
                with other:
                    other.settimeout(PATIENCE)
                    one.sendall(b"probe")
                    return None if other.recv(5) == b"probe" else "it sent something else"
    except OSError as error:
        return error.strerror or "no answer"


def measure_machine() -> Finding:
    if fault := loopback_fault():
        return failed(f"This machine can’t reach itself: {fault}.")
    return passed("This machine reaches itself.")


def measure_disk(folder: Path) -> Finding:
    """Down with less than 256 MB, or with less than 5 % where that is less than 5 GB."""
    try:
        total = shutil.disk_usage(folder).total
    except OSError as error:
        return failed(f"The disk of PORTAL_DATA can’t be read: {error.strerror}.")
    free = free_on(folder)
    if free is None or not total:
        return failed("How much is free on the disk of PORTAL_DATA is not known.")
    share = free / total
    sentence = f"{free / GB:,.1f} GB ({share:.0%}) of the disk of PORTAL_DATA are free."
    is_short = free < LEAST_BYTES or (share < LEAST_SHARE and free < ENOUGH)
    return failed(sentence) if is_short else passed(sentence)
