"""The client area: summaries, confirmations, questions, private links.

It records readings and questions in the ops database, and accesses a report only through
`ReportView`. Start with `area`.
"""
