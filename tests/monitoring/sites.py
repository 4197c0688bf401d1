"""Sites on this machine that answer as a test says."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Reply = Callable[[socket.socket, str], None]


def answering(body: str = "<h1>Studios</h1>", status: str = "200 OK", **headers: str) -> Reply:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    content = body.encode()

    def reply(sock: socket.socket, _asked: str) -> None:
        head = f"HTTP/1.1 {status}\r\n{lines}Content-Length: {len(content)}\r\n\r\n"
        sock.sendall(head.encode() + content)

    return reply


class Site:
    """`asked`: the heads of its requests. It replies as `reply` says, which may change."""

    def __init__(self, reply: Reply, context: ssl.SSLContext | None = None) -> None:
        self.reply, self.asked, self._context = reply, list[str](), context
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.ended = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def address(self) -> str:
        return f"{'https' if self._context else 'http'}://localhost:{self.port}"

    def _serve(self) -> None:
        while not self.ended.is_set():
            try:
                sock, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(sock,), daemon=True).start()

    def _answer(self, sock: socket.socket) -> None:
        try:
            if self._context:
                sock = self._context.wrap_socket(sock, server_side=True)
            asked = sock.recv(65536).decode("ascii", "replace")
            self.asked.append(asked)
            self.reply(sock, asked)
        except OSError:
            pass
        finally:
            sock.close()

    def hang(self, sock: socket.socket, _asked: str) -> None:
        """Not a byte."""
        self.ended.wait(20)

    def drip(self, sock: socket.socket, _asked: str) -> None:
        """Each read gets a byte in time, and the whole never comes."""
        sock.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not self.ended.wait(0.02):
            sock.sendall(b"x")

    def close(self) -> None:
        self.ended.set()
        self._server.close()


@contextmanager
def site(reply: Reply | None = None, context: ssl.SSLContext | None = None) -> Iterator[Site]:
    made = Site(reply or answering(), context)
    try:
        yield made
    finally:
        made.close()
