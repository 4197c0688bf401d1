"""What others may listen to."""

from blinker import Signal

#: Sent with the operation, inside the ops transaction that records how it ended.
operation_finished = Signal()
