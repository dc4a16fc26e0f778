"""`pivotr demo`: a whole campaign on sample data, in a folder of its own, by the services of real use."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pivotr.cli.context import actor, connect, console, noun

if TYPE_CHECKING:
    from pivotr.domain.campaigns import Campaign
    from pivotr.wiring import Services

app = noun("A whole campaign on sample data, in a folder of its own.")

LIST = "fair"
TEMPLATE = "intro"
SUBJECT = "{A question|A short question} {for|to} {{Company|you}} before Diwali"
SENDERS = ("Asha Rao <asha@acme.example>", "Vivek Menon <vivek@acme.example>")
#: Fast pacing: some thirty mails in a few seconds instead of an hour.
GAP = "0.1-0.4"
#: Says that a folder was made here and may be emptied.
MARK = ".pivotr-demo"


@app.command("demo")
def demo(
    folder: Annotated[
        Path, typer.Option("--folder", metavar="FOLDER", help="Where its data goes; emptied at each start.")
    ] = Path(".demo"),
) -> None:
    """Import sample leads, write a template, send a campaign into an outbox, show what came of it.

    No mail leaves this machine. It takes some seconds and can be repeated.
    """
    from pivotr.cli.run import drive
    from pivotr.cli.run_view import view_for
    from pivotr.wiring import run_lock

    home = folder.expanduser().absolute()
    _check(home)
    flags: dict[str, Any] = {"env": "local", "home": home, "mailer": "outbox", "verifier": "syntax"}
    flags["api_url"] = ""  # never the operator's own environment
    services = connect(**flags)
    out = console()
    with run_lock(services.settings) as lock:
        lock.acquire("the demo", os.getpid())
        services.ports.close()
        _empty(home)
        services = connect(**flags)
        campaign = _prepare(services)
        _, was_interrupted = drive(view_for(services, out), until_idle=True)
    if was_interrupted:
        raise typer.Exit(130)
    _tell(services, campaign)


def _check(home: Path) -> None:
    """Refuse a folder that holds anything but an earlier demo."""
    from pivotr.errors import InvalidInput

    if home.exists() and not home.is_dir():
        raise InvalidInput(f"“{home}” is not a folder.", hint="Name another one: --folder FOLDER")
    if home.exists() and any(home.iterdir()) and not (home / MARK).exists():
        raise InvalidInput(
            f"“{home}” holds something that is not a demo; it is left as it is.",
            hint="Name a new folder: --folder FOLDER",
        )
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        (home / MARK).write_text("pivotr demo empties this folder.\n", encoding="utf-8")
        (home / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise InvalidInput(
            f"“{home}” cannot be written: {error.strerror}.", hint="Name another one: --folder FOLDER"
        ) from None


def _empty(home: Path) -> None:
    """Remove what an earlier demo has left, but for the marks and the lock."""
    import shutil

    for entry in home.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name not in (MARK, ".gitignore") and entry.suffix != ".lock":
            entry.unlink()


def _prepare(services: Services) -> Campaign:
    """Everything up to the start, as an operator would do it."""
    from email.utils import parseaddr
    from importlib.resources import files

    from pivotr.cli.campaign_options import window_of
    from pivotr.domain.intake import ImportOptions
    from pivotr.domain.pacing import parse_gap
    from pivotr.domain.steps import parse_step

    out, samples = console(), files("pivotr") / "data" / "demo"
    services.preferences.set("footer.address", "Acme Gifts, 1 MG Road, Pune 411001", actor=actor())
    for written in SENDERS:
        name, address = parseaddr(written)
        services.senders.add(address, name=name, signature=f"{name}\nAcme Gifts")
    out.note(f"Senders:   {', '.join(SENDERS)}")
    with (samples / "leads.csv").open("rb") as file:
        report = services.imports.run(
            file, "leads.csv", ImportOptions(list=LIST, source="demo"), actor=actor()
        )
    refused = {
        key: getattr(report, key) for key in ("duplicate", "staged", "rejected") if getattr(report, key)
    }
    why = ", ".join(f"{count} {key}" for key, count in refused.items())
    out.note(f"Import:    {report.rows} rows, {report.accepted} leads" + (f", {why}" if why else ""))
    body = (samples / "intro.txt").read_text(encoding="utf-8")
    services.templates.create(TEMPLATE, SUBJECT, body, actor=actor())
    campaign = services.campaigns.create(
        "Diwali outreach",
        steps=[parse_step(TEMPLATE, first=True)],
        senders=[parseaddr(written)[1] for written in SENDERS],
        lists=[LIST],
        window=window_of("always"),
        gap=parse_gap(GAP),
        actor=actor(),
    )
    out.note(f"Campaign:  {campaign.name}, gaps of {GAP} s instead of minutes")
    return services.transitions.start(campaign.id, actor=actor())


def _tell(services: Services, campaign: Campaign) -> None:
    """What came of it, one mail in full, and the commands that show the rest."""
    from pivotr.cli import campaign_views

    out = console()
    view = services.campaigns.show(campaign.id)
    if out.wants_json:
        out.data({"home": services.settings.home, **campaign_views.as_data(view)})
        return
    out.text()
    campaign_views.show(view)
    out.text("\nOne of the mails, as it lies in the outbox:\n")
    out.text(_one_mail(services.settings.outbox))
    here = f"PIVOTR_HOME={_quoted(services.settings.home)} {_myself()}"
    out.text("\nLook at the rest:\n")
    for what, command in (
        ("every mail", f"ls {_quoted(services.settings.outbox / 'new')}"),
        ("the campaign", f"{here} campaign show {campaign.id}"),
        ("the leads", f"{here} leads list --list {LIST}"),
        ("every log entry", f"{here} logs show --campaign {campaign.id}"),
        ("one lead's log", f"{here} logs show --lead complaint@simulator.amazonses.com"),
        ("the metrics", f"{here} metrics show --campaign {campaign.id}"),
        ("who is never mailed again", f"{here} suppress list"),
    ):
        out.text(f"  # {what}\n  {command}")


def _one_mail(outbox: Path) -> str:
    """The first mail of a Maildir by name."""
    from pivotr.cli.mail_texts import readable

    first = min((outbox / "new").iterdir(), default=None)
    return readable(first.read_bytes()) if first else "(none)"


def _quoted(path: Path) -> str:
    import shlex

    return shlex.quote(str(path))


def _myself() -> str:
    """How this program was called, so that the printed commands work as they are."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{_near(Path(sys.executable))} -m pivotr"
    return str(_near(called)) if called.is_absolute() else str(called)


def _near(path: Path) -> Path:
    """A path as it is written from here, where it lies below."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
