"""The worker: one process that runs each operation in a child process.

It may read and write the ops database and the queue, and starts, supervises and ends children; the
registered job defines what an operation does. Start with `loop`.
"""
