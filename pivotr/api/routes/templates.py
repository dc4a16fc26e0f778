"""Templates: list, create, read, make the next version, lint."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query

from pivotr import names
from pivotr.api.calls import actor, check_match, services
from pivotr.api.models.mail import TemplateChange, TemplateNew
from pivotr.api.paging import Cursor, Limit, page, part
from pivotr.api.rendering import Answer, answer
from pivotr.api.routing import JSON, Noun
from pivotr.domain.templates import TemplateVersion
from pivotr.errors import InvalidInput

noun = Noun("templates", names.API_CAMPAIGNS)

Version = Annotated[int, Query(ge=0, le=999_999, description="Not the newest (0) but this one.")]


@noun.route("GET", "/api/templates", role="viewer", answer="[Template]")
def list_templates(limit: Limit = 50, cursor: Cursor = "") -> Answer:
    """All templates, each in its newest version, page by page."""
    found = services().templates.all()
    some, more = part(found, lambda one: one.id, limit=limit, cursor=cursor, query="templates")
    return answer(page(some, more, "templates"))


@noun.route(
    "POST", "/api/templates", role="operator", status=201, answer="Template", errors=(409,), media=(JSON,),
    is_repeatable=True, has_tag=True,
)  # fmt: skip
def create_template(template: TemplateNew) -> Answer:
    """Create a template: version 1."""
    if not template.text.strip() and not (template.html or "").strip():
        raise InvalidInput("The template has no body.", hint="Give it a text, or HTML.")
    made = services().templates.create(
        template.id, template.subject, template.text, html=template.html, actor=actor()
    )
    return answer(made, status=201, tag=_tag(made), location=f"/api/templates/{made.id}")


@noun.route("GET", "/api/templates/{id}", role="viewer", answer="TemplateView", errors=(404,), has_tag=True)
def read_template(id: str, version: Version = 0) -> Answer:  # noqa: A002
    """One version, and which others there are. The ETag is that of the newest."""
    found = services().templates.get(id, version)
    versions = [one.version for one in services().templates.versions(id)]
    data: dict[str, Any] = {name: getattr(found, name) for name in TemplateVersion.model_fields}
    return answer({**data, "versions": versions}, tag=f'"{versions[-1]}"')


@noun.route(
    "PUT", "/api/templates/{id}", role="operator", answer="Template", errors=(404,), media=(JSON,),
    needs_match=True,
)  # fmt: skip
def update_template(id: str, change: TemplateChange) -> Answer:  # noqa: A002
    """Make the next version. A campaign keeps the one that it was started with."""
    old = services().templates.get(id)
    check_match(_tag(old))
    made = services().templates.edit(
        old.id,
        subject=change.subject,
        text=change.text,
        html=change.html,
        note=change.note,
        actor=actor(),
        base=old.version,
    )
    return answer(made, tag=_tag(made))


@noun.route("GET", "/api/templates/{id}/lint", role="viewer", answer="Lint", errors=(404,))
def lint_template(id: str, version: Version = 0) -> Answer:  # noqa: A002
    """What is wrong, risky or worth knowing. `variants` is a text: it may have thousands of digits."""
    report = services().templates.lint(id, version)
    kept = ("findings", "shortest", "longest", "variables", "without_fallback")
    data: dict[str, Any] = {name: getattr(report, name) for name in kept}
    return answer({**data, "variants": report.variants_text, "passes": report.passes()})


def _tag(template: TemplateVersion) -> str:
    return f'"{template.version}"'
