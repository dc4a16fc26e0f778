"""What the state of a CloudFormation stack means for who wants to deploy or destroy it.

States: AWS CloudFormation user guide, “Stack status codes”.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Deploying may go on from here.
SETTLED = frozenset(
    {
        "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
    }
)  # fmt: skip
#: A creation that failed and was cleaned up: the name is taken, nothing is behind it; it is made anew.
EMPTY = frozenset({"ROLLBACK_COMPLETE"})
#: Only a change set is there, which nobody has carried out.
ABANDONED = "REVIEW_IN_PROGRESS"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why it cannot go on from a state, and what to do."""

    sentence: str
    hint: str


def obstacle(status: str, name: str, failed: str = "") -> Obstacle | None:
    """What stands in the way of a deployment; `failed` names the resource that it got stuck at."""
    if status in SETTLED | EMPTY or status == ABANDONED:
        return None
    if status.endswith("_IN_PROGRESS"):
        return Obstacle(
            f"Somebody else is at work on the stack {name} ({status}).",
            "Wait until it is done, then run this again; `pivotr outputs` tells its state.",
        )
    at = f" at {failed}" if failed else ""
    if status == "UPDATE_ROLLBACK_FAILED":
        return Obstacle(
            f"The last deployment failed, and so did its roll-back{at} ({status}).",
            "Finish the roll-back with: pivotr deploy --rollback",
        )
    if status in ("ROLLBACK_FAILED", "CREATE_FAILED"):
        return Obstacle(
            f"The first deployment failed and could not be cleaned up{at} ({status}).",
            "Remove what is left with: pivotr destroy",
        )
    if status == "DELETE_FAILED":
        return Obstacle(
            f"The stack {name} could not be deleted{at} ({status}).",
            "See to that resource, then run again: pivotr destroy",
        )
    return Obstacle(f"The stack {name} is in a state we do not know: {status}.", "Look at it in the console.")


def is_good_end(status: str) -> bool:
    """Whether a deployment that ended in this state did what it was to do."""
    return status in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")


def is_end(status: str) -> bool:
    """Whether CloudFormation has finished."""
    return not status.endswith("_IN_PROGRESS") or status == ABANDONED


def aftermath(status: str) -> str:
    """What a failed deployment has left behind."""
    if status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"):
        return "Nothing was deployed. Mend the cause, then run `pivotr deploy` again."
    if status == "UPDATE_ROLLBACK_COMPLETE":
        return "All is as it was before. Mend the cause, then run `pivotr deploy` again."
    if status == "UPDATE_ROLLBACK_FAILED":
        return "Finish the roll-back with: pivotr deploy --rollback"
    return "See to that resource, then run this again."
