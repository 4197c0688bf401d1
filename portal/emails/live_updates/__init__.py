"""The messages that carry an update of a live incident: one to each person whom it is for.

They are approved by the act that writes the update, and leave through the outbox at its time. Start
with `queueing`.
"""
