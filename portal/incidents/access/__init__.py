"""Who reads a report, as its file says it: understood, or staff only.

It reads the text of a file and decides nothing else; what was not understood is a problem with a
sentence. Start with `statement`.
"""
