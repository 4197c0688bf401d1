import os
from datetime import timedelta

import pytest

from portal.core.clock import now
from portal.jobs.operations.logs import KEEP, log_file, remove_old_logs, write_log

pytestmark = pytest.mark.usefixtures("app")


def test_what_is_written_is_added_and_only_for_this_user() -> None:
    write_log(7, "one\n")
    write_log(7, "two\n")
    assert log_file(7).read_text() == "one\ntwo\n"
    assert log_file(7).stat().st_mode & 0o777 == 0o600


def test_logs_are_kept_for_thirty_days() -> None:
    for operation_id, age in ((1, KEEP + timedelta(hours=1)), (2, KEEP - timedelta(hours=1))):
        write_log(operation_id, "text")
        moment = (now() - age).timestamp()
        os.utime(log_file(operation_id), (moment, moment))
    remove_old_logs()
    assert not log_file(1).exists()
    assert log_file(2).exists()


def test_without_any_log_there_is_nothing_to_remove() -> None:
    remove_old_logs()
