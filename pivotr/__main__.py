"""The entry of the `pivotr` command: answers `--version` and `--help` at once, loads what all else needs."""

import sys


def run() -> None:
    """Run the command that `sys.argv` holds and leave with its exit code."""
    if sys.argv[1:] == ["--version"]:
        from pivotr import __version__

        sys.stdout.write(f"pivotr {__version__}\n")
        return
    if sys.argv[1:] in ([], ["--help"]):
        from pivotr.cli.overview import overview

        sys.stdout.write(overview())
        return
    from pivotr.cli.main import main

    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
