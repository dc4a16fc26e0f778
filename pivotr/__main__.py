"""The entry of the `pivotr` command: answers `--version` and `--help` at once, loads what all else needs."""

import os
import sys


def run() -> None:
    """Run the command that `sys.argv` holds and leave with its exit code."""
    _open_streams()
    at_once = _known_at_once(sys.argv[1:])
    if at_once and _is_told(at_once):
        return
    from pivotr.cli.main import main

    sys.exit(main(sys.argv[1:]))


def _open_streams() -> None:
    """Where the caller has closed a stream, nothing comes from it and what goes to it is gone: no error.

    Nor may the data file be opened under the number of a stream, where somebody's output would go into it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def _known_at_once(arguments: list[str]) -> str:
    """The answer that needs no command; empty where a command is called."""
    if arguments == ["--version"]:
        from pivotr import __version__

        return f"pivotr {__version__}\n"
    if arguments in ([], ["--help"]):
        from pivotr.cli.overview import overview

        return overview()
    return ""


def _is_told(text: str) -> bool:
    """Write it; False where stdout does not take it, and `main` can say why."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    run()
