"""Incident reports: written by staff, read by the audience that their file states.

A reader gets a report only through `report_view`. Start with `reports`, then `report_view`.
"""
