"""Templates: immutable versions under one id."""

from __future__ import annotations

from pivotr import names
from pivotr.domain.templates import TemplateVersion, version_key
from pivotr.ports.table import Absent, Item, Put, Table
from pivotr.storage.codec import check_version
from pivotr.storage.schema import SCHEMA_VERSION


def template_from(item: Item) -> TemplateVersion:
    """The template version of a stored item."""
    check_version(item)
    return TemplateVersion.model_validate(
        {name: value for name, value in item.items() if name != "v"} | {"version": int(item["version"])}
    )


class Templates:
    """Reads, and the one write: a new version."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, template: str, version: int) -> TemplateVersion | None:
        """One version."""
        item = self._table.get(names.TEMPLATES, (template, version_key(version)))
        return template_from(item) if item else None

    def newest(self, template: str) -> TemplateVersion | None:
        """The newest version of a template."""
        page = self._table.query(names.TEMPLATES, template, ascending=False, limit=1, consistent=True)
        return template_from(page.items[0]) if page.items else None

    def versions(self, template: str) -> list[TemplateVersion]:
        """Every version, oldest first."""
        page = self._table.query(names.TEMPLATES, template, limit=1000)
        return [template_from(item) for item in page.items]

    def all(self) -> list[TemplateVersion]:
        """The newest version of each template, by name. Reads the whole table: for lists only."""
        newest: dict[str, TemplateVersion] = {}
        cursor: str | None = None
        while True:
            page = self._table.scan(names.TEMPLATES, limit=100, cursor=cursor)
            for item in page.items:
                template = template_from(item)
                if template.id not in newest or newest[template.id].version < template.version:
                    newest[template.id] = template
            if (cursor := page.cursor) is None:
                return sorted(newest.values(), key=lambda template: template.id)

    def creation(self, template: TemplateVersion) -> Put:
        """A new version; refused where somebody else took the number."""
        item = {name: value for name, value in template.model_dump().items() if value is not None}
        item |= {"version": version_key(template.version), "v": SCHEMA_VERSION}
        return Put(names.TEMPLATES, item, Absent("id"))
