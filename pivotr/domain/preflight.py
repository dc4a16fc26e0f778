"""What must be true before an environment is deployed: each check raises one sentence and what to do."""

from __future__ import annotations

from collections.abc import Collection

from pivotr.errors import Conflict, LimitReached, Misconfigured

#: So many executions at once cannot be reserved (Lambda developer guide, reserved concurrency).
KEPT_FREE = 100


def check_account(wanted: str, found: str) -> None:
    """Raise Misconfigured when the credentials open another account than the settings name."""
    if wanted and wanted != found:
        raise Misconfigured(
            f"The credentials belong to the account {found}, the settings name {wanted}.",
            hint="Choose other credentials with AWS_PROFILE, or set PIVOTR_ACCOUNT.",
        )


def check_concurrency(needed: int, *, limit: int, unreserved: int, held: int) -> None:
    """Raise LimitReached when the account cannot reserve what the functions need beside what they hold."""
    free = unreserved + held - KEPT_FREE
    if free >= needed:
        return
    raise LimitReached(
        f"The functions reserve {needed} executions at once and {KEPT_FREE} must stay free; this account "
        f"allows {limit}, {unreserved} of them unreserved.",
        hint="Ask for more in Service Quotas (Lambda, concurrent executions), or deploy with "
        "--no-reserved-concurrency.",
    )


def check_tables(
    *, believed: Collection[str], present: Collection[str], is_there: bool, adopts: bool
) -> None:
    """Raise Conflict for tables that outlived their stack, or were deleted under one that is there.

    `believed`: tables that the stack has made, `present`: those that exist.
    """
    if not is_there and present and not adopts:
        raise Conflict(
            f"The stack is gone, but {_some(present)} still there.",
            hint="Take them over, with what is in them: pivotr deploy --adopt. Or delete them first.",
        )
    if is_there and (lost := set(believed) - set(present)):
        raise Conflict(
            f"{_some(lost, verb=False)} been deleted by hand, and the stack does not know.",
            hint="Restore under the same name from point-in-time recovery: docs/operations.md tells how.",
        )


def _some(tables: Collection[str], *, verb: bool = True) -> str:
    names = sorted(tables)
    one = f"the table {names[0]}" + (" is" if verb else " has")
    many = f"{len(names)} tables ({names[0]}, …)" + (" are" if verb else " have")
    text = one if len(names) == 1 else many
    return text if verb else text[0].upper() + text[1:]
