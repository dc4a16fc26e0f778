"""A noun's routes, and what is promised about each beside what its signature says.

The same facts serve the role check, the document, the gateway's list of routes and the tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aws_lambda_powertools.event_handler.api_gateway import Router

from pivotr.api.callers import Role
from pivotr.names import FunctionSpec

F = TypeVar("F", bound=Callable[..., Any])

JSON = "application/json"
#: One word of a path: any text without a slash.
WORD = r"[^/\ud800-\udfff]+"
#: Bytes of a JSON body: the largest template as text and HTML, every sign of it escaped as a surrogate pair.
LARGEST_JSON = 5 << 19
#: Bytes of a file. Lambda takes 6 MB per event, and a file is a third longer in base64.
LARGEST_FILE = 4 << 20


@dataclass(frozen=True, slots=True)
class Facts:
    """One route. `role` None is open to everybody; `answer` names a model of `answers`, `[…]` a page."""

    method: str
    path: str
    name: str
    tag: str
    function: FunctionSpec
    role: Role | None
    summary: str
    description: str
    status: int
    answer: str
    errors: tuple[int, ...] = ()
    is_repeatable: bool = False
    needs_match: bool = False
    has_tag: bool = False
    media: tuple[str, ...] = ()
    pattern: re.Pattern[str] = field(default=re.compile(""), repr=False)

    @property
    def largest(self) -> int:
        """Bytes that a body may have; 0 where there is none."""
        if not self.media:
            return 0
        return LARGEST_JSON if self.media == (JSON,) else LARGEST_FILE


class Noun:
    """The routes of one noun; `function` is the Lambda that answers them."""

    def __init__(self, tag: str, function: FunctionSpec) -> None:
        self.tag = tag
        self.function = function
        self.router = Router()  # type: ignore[no-untyped-call]
        self.facts: list[Facts] = []

    def route(
        self,
        method: str,
        path: str,
        *,
        role: Role | None,
        answer: str,
        status: int = 200,
        errors: tuple[int, ...] = (),
        media: tuple[str, ...] = (),
        is_repeatable: bool = False,
        needs_match: bool = False,
        has_tag: bool = False,
        function: FunctionSpec | None = None,
    ) -> Callable[[F], F]:
        """Declare a route. Its handler's docstring is the summary, and what follows it the description."""

        def register(handler: F) -> F:
            summary, _, more = (handler.__doc__ or "").strip().partition("\n\n")
            facts = Facts(
                method=method,
                path=path,
                name=handler.__name__,
                tag=self.tag,
                function=function or self.function,
                role=role,
                summary=" ".join(summary.split()).rstrip("."),
                description="\n".join(line.strip() for line in more.splitlines()).strip(),
                status=status,
                answer=answer,
                errors=errors,
                is_repeatable=is_repeatable,
                needs_match=needs_match,
                has_tag=has_tag or needs_match,
                media=media,
                pattern=re.compile(re.sub(r"\{\w+\}", lambda _: WORD, path)),
            )
            self.facts.append(facts)
            self.router.route(
                re.sub(r"\{(\w+)\}", r"<\1>", path),
                method,
                summary=facts.summary,
                description=facts.description or None,
                operation_id=facts.name,
                tags=[self.tag],
                responses={status: {"description": "Done.", "content": {}}},
            )(handler)
            return handler

        return register
