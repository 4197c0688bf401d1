"""Emails of the sites."""
