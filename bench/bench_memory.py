"""Memory of a serving process under load: compared with bare Flask, and with its start.

    python -m bench.bench_memory [--seconds 2] [--rounds 7]

Both get the same requests in turns. Five minutes under 200 readers and 20 writers are part of
`python -m bench.load`.
"""

import argparse
import json
import statistics
import tempfile
from contextlib import ExitStack
from multiprocessing.pool import Pool
from pathlib import Path

from bench.bench_pages import PASSED_ON, a_studio, fetch
from bench.load_maker import drive, drivers, request_for
from bench.ratios import header, line, machine, ratio_of
from bench.servers import Server, bare_flask, product, set_up_demo

ROUNDS = 7
GROWTH = 1.15
PLAIN = {"Accept_Encoding": "gzip"}


def main() -> None:
    options = _options()
    with drivers() as pool, ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        env = {"PORTAL_DATA": str(folder / "data")}
        set_up_demo(env)
        ours = stack.enter_context(product(env, folder))
        paths = ["/", "/studios", "/studios?q=voice", a_studio(ours)]
        bare = stack.enter_context(bare_flask(answers(ours, paths, folder), folder))
        print(f"{machine()}\n{header()}")
        rounds = [
            (_after(pool, ours, paths, options.seconds), _after(pool, bare, paths, options.seconds))
            for _ in range(options.rounds)
        ]
    begun, *later = rounds
    megabytes = {"unit": "MB", "scale": 1e-6, "at_most": True}
    print(line("a process, beside one of bare Flask", ratio_of(later), **megabytes))
    grown = ratio_of([(here, begun[0]) for here, _ in later])
    print(line("a process, beside itself after a round", grown, goal=GROWTH, **megabytes))


def answers(server: Server, paths: list[str], folder: Path) -> Path:
    """The responses for bare Flask, see `bench.bare_flask`."""
    kept = {}
    for number, path in enumerate(paths):
        answer, file = fetch(server, path, PLAIN), folder / f"answer-{number}"
        file.write_bytes(answer.body)
        headers = {name: value for name, value in answer.headers.items() if name in PASSED_ON}
        kept[path] = (str(file), headers)
    (folder / "answers.json").write_text(json.dumps(kept))
    return folder / "answers.json"


def _after(pool: Pool, server: Server, paths: list[str], seconds: float) -> float:
    """Bytes of the median process after this many seconds of work."""
    for path in paths:
        request = request_for(path, **PLAIN)
        drive(pool, server, [request], status=200, seconds=seconds / len(paths))
    return statistics.median(server.memory().values())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
