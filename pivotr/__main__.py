"""The entry of the `pivotr` command: answers `--version` at once, loads the command line for all else."""

import sys


def run() -> None:
    """Run the command that `sys.argv` holds and leave with its exit code."""
    if sys.argv[1:] == ["--version"]:
        from pivotr import __version__

        sys.stdout.write(f"pivotr {__version__}\n")
        return
    from pivotr.cli.main import main

    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
