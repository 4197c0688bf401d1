"""Reports as pages show them: the list, one report, and its plain words.

It only reads, and what a reader sees it gets from a `ReportView`. Start with `page`.
"""
