"""The control room's home, its setup, and the demo.

It may use every room below it. Start with `home` and `setup`.
"""
