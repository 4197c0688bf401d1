"""Previews as somebody at a real server asks for them, and texts that make them slow."""

import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPMessage
from http.cookiejar import CookieJar
from urllib.parse import urlencode

from bs4 import BeautifulSoup

#: Within the limits of size and lines; each takes seconds to look at.
HEAD = "---\ntitle: Slow\ndate: 2025-12-16\n---\n\n# Slow\n\n"
SLOW = HEAD + "http://a.b/c www.a.b a@b.cd http://a.b/c www.a.b a@b.cd \n" * 1_700
SLOWER = HEAD + f"{'- ' * 20}list\n" * 1_990
HTMX = {"HX-Request": "true"}


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    headers: HTTPMessage

    @property
    def page(self) -> BeautifulSoup:
        return BeautifulSoup(self.text, "html.parser")


@dataclass
class Author:
    """Somebody of the staff at `site`, with a session of their own."""

    site: str
    token: str = ""
    jar: CookieJar = field(default_factory=CookieJar)

    def log_in(self, email: str, password: str) -> "Author":
        self.token = self._token("/ops/login")
        fields = {"email": email, "password": password}
        assert self.send("/ops/login", **fields).status == 200
        self.token = self._token("/ops/incidents/new?start=")
        return self

    def preview(self, text: str, *, script: bool = True, **fields: str) -> Answer:
        said = {"text": text, "slug": "", "opened": "", "viewpoint": "internal", **fields}
        return self.send("/ops/incidents/preview", headers=HTMX if script else {}, **said)

    def wait_for(self, answer: Answer, *, script: bool = True, seconds: float = 90) -> Answer:
        """Asks again, as the page does, until the preview is there."""
        address, deadline = answer.headers["Location"], time.monotonic() + seconds
        while answer.status == 202 and time.monotonic() < deadline:
            time.sleep(0.5)
            answer = self.get(address, HTMX if script else {})
        return answer

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        return self._open(urllib.request.Request(self.site + path, headers=headers or {}))

    def send(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> Answer:
        body = urlencode({"csrf_token": self.token, **fields}).encode()
        return self._open(urllib.request.Request(self.site + path, body, headers or {}))

    def _token(self, path: str) -> str:
        return str(self.get(path).page.find("input", attrs={"name": "csrf_token"})["value"])

    def _open(self, request: urllib.request.Request) -> Answer:
        request.add_header("Referer", self.site + "/ops")
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        try:
            with opener.open(request, timeout=60) as got:
                return Answer(got.status, got.read().decode(), got.headers)
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read().decode(), error.headers)
