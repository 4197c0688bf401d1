"""Incident reports: written by staff, read by whoever their file says.

A reader gets a report through `report_view` alone. Start with `reports`, then `report_view`.
"""
