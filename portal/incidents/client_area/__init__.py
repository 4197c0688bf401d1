"""What clients find in their area: summaries, confirmations, questions, private links.

It writes who read and asked what in the ops database, and reaches a report through `ReportView`
alone. Start with `area`.
"""
