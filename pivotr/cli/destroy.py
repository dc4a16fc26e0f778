"""`pivotr destroy`: take an environment down."""

from __future__ import annotations

from pivotr.cli.context import Yes, confirm, console, noun
from pivotr.cli.deploy_views import deployment, follow
from pivotr.cli.signals import told_on_interrupt

app = noun("Take an environment down.")


@app.command("destroy")
def destroy(*, yes: Yes = False) -> None:
    """Take an environment down. Tables of production stay, with what is in them; so do secrets."""
    work = deployment()
    account = work.identity().account
    stack = work.stack_to_destroy()
    out = console()
    if stack.is_protected:
        out.danger(f"{stack.name} is protected against being deleted; going on switches that off.")
    if not work.keeps_tables:
        out.danger("Its tables go with it: all leads, campaigns and the log.")
    confirm(f"Delete {stack.name} in the account {account}?", yes=yes)
    with told_on_interrupt("Interrupted here only: CloudFormation goes on deleting."):
        follow(work.destroy(), "Deleting")
    left = work.tables_left()
    if out.wants_json:
        out.data({"stack": stack.name, "destroyed": True, "tables_left": left})
        return
    out.success(f"{stack.name} is gone.")
    if left:
        out.note(f"Still there, and still paid for: {', '.join(left)}.")
