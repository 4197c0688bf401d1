"""Why a database or a file can't be used: one cause for each error, one sentence for each cause.

Pages, commands, logs and `/readyz` all show these sentences. It reads error codes and the file
system, and writes nothing. Start with `sentences`.
"""
