"""The rendering process: reads frames with Markdown, answers each with a JSON frame.

It exits with its parent: when the pipe closes, or when its parent process changes. An abandoned
render is ended by its own alarm, after the seconds given as an argument. Started by
`portal.documents.rendering.process`.
"""

import os
import resource
import signal
import sys
from collections.abc import Iterator

from portal.core.subprocesses.frames import frames, send
from portal.documents.markdown.converter import LONGEST, TooLong, forget, to_html

#: Limit of the address space in bytes. The largest allowed text takes a fifth of it.
MEMORY = 768 * 1024 * 1024


def main(alarm: float) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    incoming, outgoing = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    to_html("*Ready*: `code`")
    send(outgoing, {"ready": True})
    for source in requests(incoming):
        signal.setitimer(signal.ITIMER_REAL, alarm)
        send(outgoing, answer(source))
        signal.setitimer(signal.ITIMER_REAL, 0)


def answer(source: str) -> dict[str, object]:
    try:
        html, toc = to_html(source)
    except RecursionError:
        forget()
        return {"error": "it is nested too deeply"}
    except MemoryError:
        forget()
        return {"error": "it needs too much memory"}
    except TooLong:
        forget()
        return {"error": f"its page would be longer than {LONGEST // 1_000_000} MB"}
    except Exception as error:  # any error a text causes in a library; the next text must render
        forget()
        return {"error": f"the renderer stumbled ({type(error).__name__})"}
    return {"html": html, "toc": toc}


def requests(incoming: int) -> Iterator[str]:
    for frame in frames(incoming):
        yield frame.decode()


if __name__ == "__main__":
    try:
        main(float(sys.argv[1]))
    except (BrokenPipeError, KeyboardInterrupt):
        sys.exit(0)
