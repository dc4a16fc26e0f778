"""The services around leads: who they are, how they come and go. Part of `wiring.Services`."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pivotr.storage.recent import Recent
from pivotr.wiring_ports import Ports

if TYPE_CHECKING:
    from pivotr.services.erasing import Erasing
    from pivotr.services.imports import Imports
    from pivotr.services.leads import Leads
    from pivotr.services.list_changes import ListChanges
    from pivotr.services.lists import Lists
    from pivotr.services.mailbox_checks import MailboxChecks
    from pivotr.services.past_imports import PastImports
    from pivotr.services.staging import Staging
    from pivotr.services.suppressions import Suppressions
    from pivotr.services.uploads import Uploads


class LeadServices:
    """Each is built when it is first asked for."""

    ports: Ports
    recent: Recent

    @cached_property
    def imports(self) -> Imports:
        """Imports of lead files."""
        from pivotr.services.imports import Imports

        return Imports(
            table=self.ports.table,
            clock=self.ports.clock,
            recent=self.recent,
            key=self.ports.secrets.lead,
        )

    @cached_property
    def uploads(self) -> Uploads:
        """Imports in the background."""
        from pivotr.services.uploads import Uploads

        return Uploads(
            table=self.ports.table,
            queues=self.ports.queues,
            clock=self.ports.clock,
            files=self.ports.make_files,
            run=self.imports.run,
        )

    @cached_property
    def past_imports(self) -> PastImports:
        """Imports that are over."""
        from pivotr.services.past_imports import PastImports

        return PastImports(
            table=self.ports.table,
            clock=self.ports.clock,
        )

    @cached_property
    def staging(self) -> Staging:
        """Rows of imports that wait for a look."""
        from pivotr.services.staging import Staging

        return Staging(
            table=self.ports.table,
            clock=self.ports.clock,
            recent=self.recent,
            key=self.ports.secrets.lead,
        )

    @cached_property
    def leads(self) -> Leads:
        """Leads, one by one."""
        from pivotr.services.leads import Leads

        return Leads(
            table=self.ports.table,
            clock=self.ports.clock,
            recent=self.recent,
            key=self.ports.secrets.lead,
        )

    @cached_property
    def erasing(self) -> Erasing:
        """Persons who want to be forgotten."""
        from pivotr.services.erasing import Erasing

        return Erasing(
            table=self.ports.table,
            clock=self.ports.clock,
            recent=self.recent,
            key=self.ports.secrets.lead,
        )

    @cached_property
    def mailbox_checks(self) -> MailboxChecks:
        """Verdicts for whole lists."""
        from pivotr.services.mailbox_checks import MailboxChecks

        return MailboxChecks(
            table=self.ports.table,
            verifier=self.ports.verifier,
            clock=self.ports.clock,
            recent=self.recent,
            key=self.ports.secrets.lead,
        )

    @cached_property
    def lists(self) -> Lists:
        """Lists of leads."""
        from pivotr.services.lists import Lists

        return Lists(table=self.ports.table)

    @cached_property
    def list_changes(self) -> ListChanges:
        """Lists that get another name or go."""
        from pivotr.services.list_changes import ListChanges

        return ListChanges(table=self.ports.table, clock=self.ports.clock)

    @cached_property
    def suppressions(self) -> Suppressions:
        """Suppressions by an operator."""
        from pivotr.services.suppressions import Suppressions

        return Suppressions(
            table=self.ports.table,
            clock=self.ports.clock,
            recent=self.recent,
            key=self.ports.secrets.lead,
            account_list=self.ports.make_account_list,
        )
