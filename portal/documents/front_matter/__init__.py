"""Front matter: where it begins and ends, what it says, what is wrong with it.

It reads text. What was not understood is a sentence with a line, never a value. Start with `parse`.
"""
