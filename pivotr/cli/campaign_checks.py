"""`pivotr campaign check|test-send|check-copy`: what a start would say, and mails to one's own address."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pivotr.cli import campaign_options as options
from pivotr.cli.console import Console
from pivotr.cli.context import actor, console, services
from pivotr.cli.exit_codes import FAILURE, UPSTREAM

if TYPE_CHECKING:
    from pivotr.domain.signed_headers import ReceivedCopy

#: Members of the lists that a start looks at before it begins; `campaign check` looks at all.
GLANCE = 20_000


def register_checks(app: typer.Typer) -> None:
    """Add the commands to the noun."""
    app.command("check")(check)
    app.command("test-send")(send_test)
    app.command("check-copy")(check_copy)


def check(
    key: options.Key,
    leads: Annotated[
        bool, typer.Option("--leads", help="Name each lead that lacks a value, with the variables.")
    ] = False,
) -> None:
    """What a start would refuse or warn of, without starting. Exit code 1 where it would refuse."""
    report = services().readiness.check(options.find(key).id)
    out = console()
    if out.wants_json:
        out.data(
            {
                "campaign": report.campaign,
                "audience": report.audience,
                "may_start": not report.refusals,
                "refusals": report.refusals,
                "warnings": report.warnings,
                "lacking": report.lacking if leads else len(report.lacking),
            }
        )
    else:
        out.facts([("audience", f"{report.audience:,}"), ("may start", "no" if report.refusals else "yes")])
        if not report.is_whole:
            out.note("Only the first leads of a long audience were looked at.")
        rows = [
            ("refused" if one.severity == "refusal" else "warning", f"{one.sentence} {one.hint}".strip())
            for one in report.remarks
        ]
        if rows:
            out.text()
            out.table(["", "finding"], rows)
        if leads and report.lacking:
            out.text()
            out.table(["lead", "lacks"], [(one.address, ", ".join(one.variables)) for one in report.lacking])
    if report.refusals:
        raise typer.Exit(FAILURE)


def send_test(
    key: options.Key,
    *,
    to: Annotated[
        list[str], typer.Option("--to", metavar="ADDRESS", help="Your own address; repeat for several.")
    ],
    lead: Annotated[
        str, typer.Option(metavar="ADDRESS", help="The mail of this lead, not of the first one.")
    ] = "",
    step: Annotated[int, typer.Option(min=1, metavar="N", help="Which mail of the sequence.")] = 1,
    eml: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the first mail, byte by byte.")
    ] = None,
) -> None:
    """Send one mail through the real mailer, outside of metrics and caps. The lead gets nothing."""
    from pivotr.cli.text_files import write_bytes

    sent = services().test_sends.send(options.find(key).id, to, lead=lead, step=step, actor=actor())
    out = console()
    if eml is not None:
        write_bytes(eml, sent[0].data)
    if out.wants_json:
        out.data(sent)
    else:
        out.facts([("subject", sent[0].subject), ("from", sent[0].sender), ("as written to", sent[0].lead)])
        out.text()
        out.table(
            ["to", "result", "detail"], [(one.to, one.result, one.message_id or one.detail) for one in sent]
        )
        _tell_next(out, is_ses=services().settings.mailer == "ses")
    if any(one.result != "accepted" for one in sent):
        raise typer.Exit(UPSTREAM)


def check_copy(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A mail that arrived, saved as it is.")],
) -> None:
    """Whether the DKIM signature of a mail that arrived covers both unsubscribe headers."""
    from pivotr.cli.text_files import read_bytes
    from pivotr.domain.signed_headers import read_copy

    copy = read_copy(read_bytes(file))
    is_good = not copy.missing and not copy.uncovered and copy.is_aligned
    out = console()
    if out.wants_json:
        out.data({"subject": copy.subject, "from": copy.sender_domain, "signatures": copy.signatures,
                  "missing": copy.missing, "uncovered": copy.uncovered, "aligned": copy.is_aligned,
                  "passes": is_good})  # fmt: skip
    else:
        out.facts([("subject", copy.subject), ("from", copy.sender_domain)])
        if copy.signatures:
            out.text()
            rows = [(one.domain, one.selector, ", ".join(one.headers)) for one in copy.signatures]
            out.table(["signed by", "selector", "covers"], rows)
        _tell_copy(out, copy)
    if not is_good:
        raise typer.Exit(FAILURE)


def _tell_copy(out: Console, copy: ReceivedCopy) -> None:
    if not copy.signatures:
        out.warn("The copy has no DKIM signature. Save it as it arrived, with all headers.")
    elif not copy.is_aligned:
        out.warn(f"No signature is of {copy.sender_domain}: DMARC cannot pass by DKIM.")
    for name in copy.missing:
        out.warn(f"The copy has no {name}.")
    for name in copy.uncovered:
        out.warn(f"No signature of {copy.sender_domain or 'the sender'} covers {name}.")
    if copy.is_aligned and not copy.missing and not copy.uncovered:
        out.success("Both unsubscribe headers are there and signed.")


def _tell_next(out: Console, *, is_ses: bool) -> None:
    out.note("Nothing was counted, and no lead was touched. Its way out unsubscribes the address it went to.")
    if is_ses:
        out.note("SES signs on its way: save the copy that arrives and run pivotr campaign check-copy FILE.")
