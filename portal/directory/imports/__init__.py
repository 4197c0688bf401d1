"""Files of studios: which column is what, the dry run, and the import.

A file is kept in PORTAL_DATA until it is discarded, or for 30 days. The dry run reads the directory
and writes nothing there; the import writes to it in batches, each in `changing_directory`, and goes
on where it was after a kill. An import never changes a studio that has an owner. Start with
`requests`, then `verdicts` and `carrying_out`.
"""
