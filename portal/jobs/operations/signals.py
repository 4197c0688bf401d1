"""Signals that other packages may connect to."""

from blinker import Signal

#: Sent with the operation, in the ops transaction that records how it ended.
operation_finished = Signal()
