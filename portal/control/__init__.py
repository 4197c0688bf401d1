"""The control room's home page, its setup, and the demo.

It may use every package below it. Start with `home` and `setup`.
"""
