"""Templates and senders by the API."""

from __future__ import annotations

from collections.abc import Iterator

from pivotr.api.answers.mail import Lint, Sender, Template, TemplateView
from pivotr.api.models.mail import SenderChange, SenderNew, SenderResume, TemplateChange, TemplateNew
from pivotr.api_client.nouns import Noun


class Templates(Noun):
    """Texts of mails. Versions never change; an update makes the next one."""

    def list(self, *, page: int = 50) -> Iterator[Template]:
        """The newest version of every template."""
        return self._each(Template, "/api/templates", query={"limit": page})

    def create(self, template: TemplateNew) -> Template:
        """A new template. Raises InvalidInput with the place of a fault, Conflict where the id is taken."""
        return self._one(Template, "POST", "/api/templates", body=template, is_keyed=True)

    def read(self, id: str, *, version: int | None = None) -> TemplateView:  # noqa: A002
        """A version, the newest where none is named. Raises NotFound."""
        return self._one(TemplateView, "GET", "/api/templates/{}", id, query={"version": version})

    def read_tagged(self, id: str) -> tuple[TemplateView, str]:  # noqa: A002
        """The newest version and its ETag, for `update`."""
        return self._tagged(TemplateView, "GET", "/api/templates/{}", id)

    def update(self, id: str, change: TemplateChange, *, etag: str = "") -> Template:  # noqa: A002
        """Make the next version. With the `etag` of a reading, Changed where somebody was faster since."""
        tag = etag or self.read_tagged(id)[1]
        return self._one(Template, "PUT", "/api/templates/{}", id, body=change, if_match=tag)

    def lint(self, id: str, *, version: int | None = None) -> Lint:  # noqa: A002
        """What is wrong or unwise in a template."""
        return self._one(Lint, "GET", "/api/templates/{}/lint", id, query={"version": version})


class Senders(Noun):
    """Mailboxes that mails are sent from, by id or address."""

    def list(self, *, page: int = 50) -> Iterator[Sender]:
        """Every sender."""
        return self._each(Sender, "/api/senders", query={"limit": page})

    def create(self, sender: SenderNew) -> Sender:
        """A new mailbox. Raises Conflict where its address is known."""
        return self._one(Sender, "POST", "/api/senders", body=sender, is_keyed=True)

    def read(self, id: str) -> Sender:  # noqa: A002
        """A mailbox. Raises NotFound."""
        return self._one(Sender, "GET", "/api/senders/{}", id)

    def read_tagged(self, id: str) -> tuple[Sender, str]:  # noqa: A002
        """A mailbox and its ETag, for `update`."""
        return self._tagged(Sender, "GET", "/api/senders/{}", id)

    def update(self, id: str, change: SenderChange, *, etag: str = "") -> Sender:  # noqa: A002
        """Change a mailbox. With the `etag` of a reading, Changed where somebody was faster since."""
        tag = etag or self.read_tagged(id)[1]
        return self._one(Sender, "PUT", "/api/senders/{}", id, body=change, if_match=tag)

    def pause(self, id: str) -> Sender:  # noqa: A002
        """Send nothing more from it."""
        return self._one(Sender, "POST", "/api/senders/{}/pause", id)

    def resume(self, id: str, *, acknowledge: bool = False) -> Sender:  # noqa: A002
        """Send again; `acknowledge` where the guard stopped it."""
        body = SenderResume(acknowledge=acknowledge)
        return self._one(Sender, "POST", "/api/senders/{}/resume", id, body=body)
