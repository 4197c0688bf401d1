"""Simulated people, with a second of thinking time between two pages: readers, writers, logins."""

import asyncio
import html
import random
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bench.load.browser import Book, Browser, Page

INCIDENT = "2025-12-16-directory-offline"
LETTER, REPORT = f"/client/incidents/{INCIDENT}", f"/ops/incidents/{INCIDENT}"
RUNBOOK = "/ops/runbooks/deploy-a-release"
LISTS = ("/", "/studios", "/studios?q=voice", "/studios?near=London&radius=50", "/studios?page=2")
ROOM = ("/ops", "/ops/incidents", "/ops/databases", "/ops/runbooks", "/ops/backups", REPORT)
PAGES_A_CONNECTION = 12
PUBLIC, CONTROL, CLIENT, LOGIN = "public", "control room", "client area", "login"
QUESTION, ANSWER, STEP = "a question asked", "a question answered", "a run's step"
KINDS = (PUBLIC, CONTROL, CLIENT, LOGIN, QUESTION, ANSWER, STEP)
_STUDIO = re.compile(r'href="(/studios/[a-z0-9-]+)"')
_RECORD = re.compile(r'action="(/ops/runs/\d+/steps/[^"/]+)/record"')
_VERSION = re.compile(r'name="version" value="(\d+)"')
_TICK = re.compile(r'name="tick" value="(\d+)" form="step-form"')
_OPEN = re.compile(rf'action="({REPORT}/questions/(\d+)/answer)"')


@dataclass(frozen=True)
class Crowd:
    """The number of each. Readers: public, room, clients, logins; the others write."""

    public: int
    room: int
    clients: int
    logins: int
    askers: int
    answerers: int
    drivers: int

    @property
    def readers(self) -> int:
        return self.public + self.room + self.clients + self.logins

    @property
    def writers(self) -> int:
        return self.askers + self.answerers + self.drivers


WHOLE = Crowd(public=150, room=30, clients=14, logins=6, askers=10, answerers=2, drivers=8)
Person = dict[str, str]
Walk = Callable[[Browser], Awaitable[None]]


class Street:
    """All people concurrently, until the time is over."""

    def __init__(self, port: int, book: Book, *, seconds: float, think: float) -> None:
        self._port, self._book, self._think = port, book, think
        self._end, self._seconds = book.began + seconds, seconds

    async def filled(self, crowd: Crowd, people: dict[str, list[Person]]) -> None:
        clients, staff, fresh = people["client"], people["ops"], people["admin"]
        walks: list[tuple[Walk, Person | None]] = []
        walks += [(self.look_around, None)] * crowd.public
        walks += [(self.look_into_the_room, each) for each in _each(staff, crowd.room)]
        walks += [(self.read_a_letter, each) for each in _each(clients, crowd.clients)]
        walks += [(self._log_in_as(each), None) for each in _each(fresh, crowd.logins)]
        walks += [(self.ask, each) for each in _each(clients, crowd.askers)]
        walks += [(self.answer, each) for each in _each(staff, crowd.answerers)]
        walks += [(self.follow_a_runbook, each) for each in _each(staff, crowd.drivers)]
        async with asyncio.TaskGroup() as group:
            for walk, person in walks:
                group.create_task(self._until_the_end(walk, person))

    async def _until_the_end(self, walk: Walk, person: Person | None) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._seconds
        await asyncio.sleep(random.random() * self._think)
        with suppress(TimeoutError):
            async with asyncio.timeout_at(end):
                while True:
                    browser = Browser(self._port, self._book, _cookies(person))
                    try:
                        await walk(browser)
                    finally:
                        browser.close()
                    await self._thinks()

    async def _thinks(self) -> None:
        await asyncio.sleep(self._think * random.uniform(0.5, 1.5))

    async def look_around(self, browser: Browser) -> None:
        studios = ["/studios"]
        for _ in range(PAGES_A_CONNECTION):
            path = random.choice(LISTS if random.random() < 0.5 else studios)
            page = await browser.get(path, PUBLIC)
            studios = _STUDIO.findall(page.text) or studios
            await self._thinks()

    async def look_into_the_room(self, browser: Browser) -> None:
        for _ in range(PAGES_A_CONNECTION):
            await browser.get(random.choice(ROOM), CONTROL)
            await self._thinks()

    async def read_a_letter(self, browser: Browser) -> None:
        for path in ("/client", LETTER):
            await browser.get(path, CLIENT)
            await self._thinks()

    def _log_in_as(self, person: Person) -> Walk:
        async def walk(browser: Browser) -> None:
            form = await browser.get("/ops/login", LOGIN)
            await self._thinks()
            fields = [("csrf_token", form.token), ("email", person["email"]), ("next", "")]
            inside = await browser.post(
                "/ops/login", [*fields, ("password", person["password"])], LOGIN
            )
            self._expect(inside, 302, 303, what="a login")
            await self._thinks()
            home = await browser.get("/ops", CONTROL)
            await self._thinks()
            await browser.post("/ops/logout", [("csrf_token", home.token)], LOGIN)

        return walk

    async def ask(self, browser: Browser) -> None:
        await browser.get("/client", CLIENT)
        await self._thinks()
        page = await browser.get(LETTER, CLIENT)
        await self._thinks()
        fields = [("csrf_token", page.token), ("text", f"When was it fixed? {random.random()}")]
        asked = await browser.post(f"{LETTER}/questions", fields, QUESTION)
        self._expect(asked, 303, 409, what="a question")  # 409: ten are waiting already
        await self._thinks()

    async def answer(self, browser: Browser) -> None:
        page = await browser.get(REPORT, CONTROL)
        waiting = _OPEN.findall(page.text)
        random.shuffle(waiting)
        for path, number in waiting[:PAGES_A_CONNECTION]:
            fields = [("csrf_token", page.token), (f"q{number}-text", "By three o’clock.")]
            answered = await browser.post(path, fields, ANSWER)
            self._expect(answered, 303, 409, what="an answer")  # 409: a colleague was faster
            await asyncio.sleep(self._think * 0.3)
        await self._thinks()

    async def follow_a_runbook(self, browser: Browser) -> None:
        """From start to last step."""
        page = await browser.get(RUNBOOK, CONTROL)
        await self._thinks()
        fields = [("csrf_token", page.token), ("input-release", "29647b5"), ("input-schema", "no")]
        begun = await browser.post(f"{RUNBOOK}/runs", fields, STEP)
        if not self._expect(begun, 302, what="a run") or begun.location is None:
            return
        await self._thinks()
        page = await browser.get(begun.location, CONTROL)
        while (due := _RECORD.search(page.text)) and (version := _VERSION.search(page.text)):
            ticks = [("tick", number) for number in _TICK.findall(page.text)]
            fields = [("csrf_token", page.token), ("version", version[1]), ("note", "Seen.")]
            await self._thinks()
            path = html.unescape(due[1])
            done = await browser.post(f"{path}/completion", [*fields, *ticks], STEP)
            if not self._expect(done, 302, what="a step"):
                return
            page = await browser.get(begun.location, CONTROL)

    def _expect(self, page: Page, *statuses: int, what: str) -> bool:
        """An unexpected refusal is a fault of the run: it would measure refusals."""
        if page.status in statuses:
            return True
        if 0 < page.status < 500:
            self._book.fault(f"{what}: answered {page.status}")
        return False


def _each(people: Sequence[Person], count: int) -> list[Person]:
    return [people[number % len(people)] for number in range(count)]


def _cookies(person: Person | None) -> dict[str, str]:
    if person is None:
        return {}
    name, _, value = person["cookie"].partition("=")
    return {name: value}
