"""Request handling under gunicorn: a request is read completely, then passed to a thread.

`worker` is started by gunicorn, `connection` has the timeouts of each connection, `front` reads a
request, submits it to one of the `pools`, and sends the response. A thread handles complete
requests only and never waits for a client, neither for its body nor for it to read the response.
Nothing here knows a feature; the application is the WSGI callable that gunicorn was given. Start
with `worker`, then `front.WsgiBridge.__call__`.
"""
