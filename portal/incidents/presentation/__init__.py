"""Reports as pages show them: the list, one report, and a plain summary.

It only reads; what a reader sees comes from a `ReportView`. Start with `page`.
"""
