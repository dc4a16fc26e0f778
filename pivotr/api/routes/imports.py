"""Imports of lead files up to 4 MB, answered at once; and the imports that there were."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from pivotr import names
from pivotr.api.calls import actor, present, services, telling_what_is_lacking
from pivotr.api.models.leads import UploadNew
from pivotr.api.paging import Cursor, Limit, page, part
from pivotr.api.rendering import Answer, answer
from pivotr.api.routing import JSON, Noun
from pivotr.domain.intake import ImportOptions
from pivotr.domain.leads import LeadType
from pivotr.errors import InvalidInput

noun = Noun("imports", names.API_LEADS)

#: What a file may call itself; its bytes tell what it is.
MEDIA = (
    "text/csv", "text/tab-separated-values", "text/plain", "application/octet-stream",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)  # fmt: skip


@noun.route(
    "POST", "/api/leads/import", role="operator", answer="ImportAnswer", errors=(409,), media=MEDIA,
    function=names.LEAD_IMPORT,
)  # fmt: skip
def import_leads(
    *,
    list: Annotated[str, Query(min_length=1, max_length=64, description="The list they join.")],  # noqa: A002
    file: Annotated[
        str, Query(max_length=200, description="Name of the file, for the record.")
    ] = "leads.csv",
    type: Annotated[LeadType | None, Query(description="cold, warm or hot.")] = None,  # noqa: A002
    tags: Annotated[str, Query(max_length=1000, description="Parted by commas.")] = "",
    source: Annotated[str, Query(max_length=200, description="Where the addresses come from.")] = "",
    basis: Annotated[str, Query(max_length=200, description="Consent, or the lawful basis.")] = "",
    update: Annotated[bool, Query(description="Refresh the data of known leads.")] = False,
    stage: Annotated[bool, Query(description="Let rows with warnings wait for a look.")] = False,
    dry_run: Annotated[bool, Query(description="Write nothing, give the same report.")] = False,
) -> Answer:
    """Import a lead file of up to 4 MB: CSV, TSV or .xlsx as the body.

    The report accounts for every row. The same file again brings nothing twice: an interrupted import is
    finished by it. What 20 seconds are not enough for goes on in the background, as `upload` tells; where
    there is no upload the report `is_unfinished`, and the same file again goes on from there.
    """
    body = present().body
    if not body:
        raise InvalidInput("The file is empty.", hint="Send it as the body of the request.")
    options = ImportOptions(
        list=list,
        tags=tuple(tag.strip() for tag in tags.split(",") if tag.strip()),
        type=type,
        source=source,
        basis=basis,
        is_update=update,
        is_staged=stage,
    )
    report, upload = services().uploads.at_once(body, file, options, is_dry_run=dry_run, actor=actor())
    return answer({"report": report, "upload": upload or None})


@noun.route("POST", "/api/leads/uploads", role="operator", status=201, answer="UploadBegun", errors=(409,),
            media=(JSON,), is_repeatable=True, function=names.LEAD_IMPORT)  # fmt: skip
def create_upload(upload: UploadNew) -> Answer:
    """Begin the import of a file of up to 50 MB.

    POST the file to `form.url` with `form.fields` before it (multipart/form-data, field `file` last), then
    start the upload and ask how far it is.
    """
    options = ImportOptions(
        list=upload.list,
        tags=upload.tags,
        type=upload.type,
        source=upload.source,
        basis=upload.basis,
        mapping=upload.mapping,
        is_update=upload.update,
        is_staged=upload.stage,
    )
    with telling_what_is_lacking():
        begun, form = services().uploads.begin(upload.file, options, actor=actor())
    return answer({"upload": begun, "form": form}, status=201, location=f"/api/leads/uploads/{begun}")


@noun.route("POST", "/api/leads/uploads/{id}/start", role="operator", answer="Upload", errors=(404,),
            function=names.LEAD_IMPORT)  # fmt: skip
def start_upload(id: str) -> Answer:  # noqa: A002
    """Import the file of an upload, now that it is there; or go on with one."""
    services().uploads.start(id)
    return answer(services().uploads.get(id))


@noun.route("GET", "/api/leads/uploads/{id}", role="viewer", answer="Upload", errors=(404,))
def read_upload(id: str) -> Answer:  # noqa: A002
    """How far an upload is: its rows that are done, and its import once there is one."""
    return answer(services().uploads.get(id))


@noun.route("GET", "/api/leads/import", role="viewer", answer="[ImportRun]")
def list_imports(limit: Limit = 50, cursor: Cursor = "") -> Answer:
    """Every import of the last 400 days, newest first."""
    runs = services().past_imports.all()
    some, more = part(runs, lambda run: run.import_id, limit=limit, cursor=cursor, query="imports")
    return answer(page(some, more, "imports"))


@noun.route("GET", "/api/leads/import/{id}", role="viewer", answer="ImportRun", errors=(404,))
def read_import(id: str) -> Answer:  # noqa: A002
    """One import: how far it is, and its report once it is done."""
    return answer(services().past_imports.get(id))
