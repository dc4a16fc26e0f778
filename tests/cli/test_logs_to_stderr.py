"""What the log shows a person at the keyboard of an error that nobody foresaw."""

from __future__ import annotations

import logging

import pytest

from pivotr.cli.logs_to_stderr import listen


@pytest.mark.parametrize("is_verbose", [False, True])
def test_an_error_shows_its_kind_and_where_to_get_its_trace(
    capsys: pytest.CaptureFixture[str], is_verbose: bool
) -> None:
    listen(is_verbose=is_verbose)
    try:
        raise KeyError("asha@rao.example")
    except KeyError:
        logging.getLogger("pivotr.api").exception("unexpected error in request %s", "r1")
    told = capsys.readouterr().err
    assert told.startswith("error: unexpected error in request r1")
    assert ("Traceback" in told) is is_verbose
    if not is_verbose:
        assert told == "error: unexpected error in request r1: KeyError (run again with -v for the trace)\n"
