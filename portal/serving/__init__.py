"""How requests come in under gunicorn: read whole first, then handed to a thread.

`worker` is what gunicorn starts, `connection` holds the clocks of each connection, `front` reads a
request, finds it a thread of the right `pool`, and sends the answer. A thread works on whole
requests only and never waits for a client: neither for its body nor for it to read the answer.
Nothing here knows a feature; the application is whatever WSGI callable gunicorn was given.
Begin with `front.Front.__call__`.
It knows no feature. Start with `worker`, then `front`.
"""
