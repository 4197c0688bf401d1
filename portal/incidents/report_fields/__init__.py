"""The fields of a report in the editor: what they are called, where a text states them, which
values are refused.

Front matter counts before the text, as for every reader of a report. It asks the ops database for
the names of clients only. Start with `definition`.
"""
