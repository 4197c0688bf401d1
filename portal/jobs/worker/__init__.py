"""The worker: one process that hands operations to processes of their own.

It may read and write the ops database and the queue, and starts, watches and ends children; what an
operation does is the registered job's. Start with `loop`.
"""
