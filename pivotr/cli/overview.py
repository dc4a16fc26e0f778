"""`pivotr --help`: commands and their lines. Imports what is loaded anyway, so that it is shown at once."""

import os
import sys

#: Command → its line. Each is the `app` of pivotr/cli/{command}.py, loaded when it is used.
COMMANDS = {
    "leads": "Import, look at and change leads.",
    "list": "Lists of leads.",
    "template": "Templates of mails.",
    "sender": "Mailboxes that mails are sent from.",
    "campaign": "Create, start, watch and stop campaigns.",
    "run": "Send: drive the embedded environment in the foreground.",
    "metrics": "Counters of campaigns and of the account.",
    "logs": "What happened, entry by entry.",
    "suppress": "Addresses that are never written to.",
    "feedback": "Bounces, complaints and other events.",
    "replies": "Answers that a person has to read.",
    "dlq": "Jobs that failed too often.",
    "secrets": "Keys and passwords of an account.",
    "settings": "What a deployment and an operator have set.",
    "api": "The HTTP API: serve it on this machine, write its document.",
    "synth": "Write what a deployment would create into a folder.",
    "deploy": "Deploy an environment to AWS, after showing what changes.",
    "diff": "What a deployment would change.",
    "outputs": "Addresses and names of a deployed environment, and its state.",
    "destroy": "Take an environment down.",
    "bootstrap": "Prepare an account and region for deployments.",
    "doctor": "Check an environment and say what to mend.",
    "sandbox": "An emulator of AWS on this machine, to rehearse a deployment.",
    "backup": "Copy all data, keys and the outbox into one file.",
    "restore": "Put a backup back; campaigns are paused by it.",
    "transfer": "Move everything to an environment in AWS that is new.",
    "demo": "A whole campaign on sample data, in a folder of its own.",
}
#: Options of the root; all but --version and --help are understood after a command as well.
OPTIONS = {
    "--env NAME": "local (default), sandbox, dev or production; also PIVOTR_ENV.",
    "--json": "JSON on stdout, in place of tables.",
    "-v, --verbose": "Debug log and traces on stderr.",
    "--version": "Show the version and leave.",
    "--help": "Show this, or the help of a command.",
}


def overview() -> str:
    """The whole text."""
    parts = [
        "Usage: pivotr [OPTIONS] COMMAND [ARGS]...",
        "  Personal business mail at a human pace, from your own AWS account.",
        _section("Options", OPTIONS),
        _section("Commands", COMMANDS),
        "New here? pivotr demo",
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, lines: dict[str, str]) -> str:
    room = max(len(name) for name in lines) + 2
    rows = [f"{title}:"]
    for name, line in lines.items():
        start = f"  {name:{room}}"
        rows += [lead + text for lead, text in _wrapped(start, line, _columns() - len(start))]
    return "\n".join(rows)


def _wrapped(start: str, line: str, room: int) -> list[tuple[str, str]]:
    """The line in pieces of at most so many columns, the first behind its start, the others below it."""
    if len(line) <= room or room < 20:
        return [(start, line)]
    end = line.rfind(" ", 0, room + 1)
    if end <= 0:
        return [(start, line)]
    return [(start, line[:end]), *_wrapped(" " * len(start), line[end + 1 :], room)]


def _columns() -> int:
    """Columns of the terminal; plenty where there is none."""
    try:
        return int(os.environ.get("COLUMNS") or os.get_terminal_size(sys.stdout.fileno()).columns)
    except (OSError, ValueError):
        return 1000
