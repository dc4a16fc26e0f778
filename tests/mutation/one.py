"""Run one test function on a mutated package: `one.py PACKAGE_PARENT PROJECT MODULE FUNCTION`.

Exit code 0: the test passed, so the mutation survived. 3: an assertion failed, so it was noticed. 1: anything
else went wrong, which proves nothing.
"""

from __future__ import annotations

import importlib
import inspect
import logging
import sys
import traceback
from pathlib import Path

PASSED, BROKEN, NOTICED = 0, 1, 3


def values(function: object) -> list[dict[str, object]]:
    """The arguments of each call that a `parametrize` mark asks for; one empty call without a mark."""
    for mark in getattr(function, "pytestmark", []):
        if mark.name == "parametrize":
            name, found = mark.args
            return [{name: value} for value in found]
    return [{}]


def run(package: Path, project: Path, module: str, function: str) -> int:
    """Run the test with the mutated package before everything else on the path."""
    sys.dont_write_bytecode = True
    sys.path[:0] = [str(package), str(project)]
    logging.disable(logging.NOTSET)
    import pivotr

    if Path(inspect.getfile(pivotr)).parent.parent != package:
        raise RuntimeError(f"The tests would run on {inspect.getfile(pivotr)}.")
    test = getattr(importlib.import_module(f"tests.simulation.{module}"), function)
    try:
        for arguments in values(test):
            test(**arguments)
    except BaseException as error:
        # pytest.raises reports its own kind of failure when nothing was raised
        if isinstance(error, AssertionError) or type(error).__name__ == "Failed":
            return NOTICED
        traceback.print_exc()
        return BROKEN
    return PASSED


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]))
