"""The app: a gateway event in, a gateway answer out. Roles, limits and repeats before a route, headers after.

On AWS each function serves its own nouns; on this machine one app serves all.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import logging
import re
import threading
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any, Literal, NoReturn

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import Route
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from pivotr.api import callers
from pivotr.api.calls import Call, answering, present
from pivotr.api.problems import Refusal, problem_of
from pivotr.api.rendering import SECURITY
from pivotr.api.routing import JSON, WORD, Facts, Noun
from pivotr.wiring import Services

_log = logging.getLogger(__name__)

#: Headers of an answer that are kept with it, to be given again.
_KEPT = ("Content-Type", "ETag", "Location", "Cache-Control")
_LONGEST_KEY = 255
#: Routes learn from the call what they need; Lambda's context is none of it.
_NO_CONTEXT: Any = None


class _Resolver(APIGatewayHttpResolver):
    """The resolver, but each thread has its own present event: the base class shares one among all."""

    def __init__(self) -> None:
        self._own = threading.local()
        super().__init__(enable_validation=True, debug=False, json_body_deserializer=_strict_json)

    @staticmethod
    def _compile_regex(rule: str, base_regex: str = r"{}") -> re.Pattern[str]:
        """A path with its words as `Facts.pattern` has them; the base class takes no `#` and `?` in them."""
        words = re.sub(r"<(\w+)>", lambda name: f"(?P<{name[1]}>{WORD})", rule)
        return re.compile(base_regex.format(words) + r"\Z")

    @property
    def current_event(self) -> Any:  # type: ignore[override]
        """The event of this thread."""
        return self._own.event

    @property
    def context(self) -> dict[str, Any]:
        """What the resolver remembers about the event of this thread."""
        found: dict[str, Any] = self._own.__dict__.setdefault("context", {})
        return found

    @context.setter
    def context(self, value: dict[str, Any]) -> None:
        """Another memory."""
        self._own.context = value

    def resolve(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG002
        """Answer an event."""
        self._own.event = self._to_proxy_event(dict(event))
        try:
            return self._build_response(self._resolve())
        finally:
            self.context.clear()


class Api:
    """Answers gateway events (payload format 2.0) with the routes of some nouns.

    `auth` None: as the settings of the services say.
    """

    def __init__(
        self,
        nouns: Sequence[Noun],
        *,
        auth: Literal["none", "iam", "jwt"] | None = None,
    ) -> None:
        self._auth = auth
        self.resolver = resolver_of(nouns)
        found = [facts for noun in nouns for facts in noun.facts]
        #: Literal paths first, as the resolver looks for them.
        self.facts = sorted(found, key=lambda facts: "{" in facts.path)
        routes = [*self.resolver._static_routes, *self.resolver._dynamic_routes]  # noqa: SLF001
        self._routes: dict[str, Route] = {route.operation_id: route for route in routes}
        self._building = threading.Lock()

    def handle(self, event: Mapping[str, Any], services: Services) -> dict[str, Any]:
        """The answer to an event; never raises."""
        began = perf_counter()
        http = event["requestContext"]["http"]
        request_id = str(event["requestContext"].get("requestId", ""))
        seen: dict[str, str] = {"actor": "", "route": ""}
        try:
            answer = self._answer(event, services, request_id, seen)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a problem document
            answer = gateway_answer(problem_of(error, request_id))
        headers = {**SECURITY, "Cache-Control": "no-store", **answer["headers"], "X-Request-Id": request_id}
        if services.settings.env == "local":
            del headers["Strict-Transport-Security"]
        _log.info(
            "%s %s %s", http["method"], seen["route"] or http["path"], answer["statusCode"],
            extra={
                "request_id": request_id, "status": answer["statusCode"], **seen,
                "milliseconds": round((perf_counter() - began) * 1000),
            },
        )  # fmt: skip
        return {**answer, "headers": headers}

    def _answer(
        self, event: Mapping[str, Any], services: Services, request_id: str, seen: dict[str, str]
    ) -> dict[str, Any]:
        facts = self.find(event["requestContext"]["http"]["method"], path_of(event))
        seen["route"] = facts.path
        caller = callers.ANYBODY
        if facts.role is not None:
            auth = self._auth or callers.auth_of(services.settings)
            caller = callers.caller_of(event, services.settings, auth)
            seen["actor"] = caller.actor
            if not caller.may(facts.role):
                raise Refusal(
                    403, "forbidden", f"This needs the role {facts.role}; {caller.actor} is {caller.role}.",
                    "Roles are given by the settings api_admins and api_operators.",
                )  # fmt: skip
        headers = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
        body = body_of(event)
        _check_body(facts, headers, body)
        route = self._route(facts)
        _check_query(route, event)
        call = Call(services, caller, request_id, body, headers, facts.path)
        with answering(call):
            if facts.is_repeatable and "idempotency-key" in headers:
                return self._once(event, call, path_of(event))
            return self.resolver.resolve(event, _NO_CONTEXT)

    def find(self, method: str, path: str) -> Facts:
        """The route of a request. Raises Refusal: 404, or 405 with the methods that the path knows."""
        here = [facts for facts in self.facts if facts.pattern.fullmatch(path)]
        if any(facts.path == path for facts in here):
            here = [facts for facts in here if facts.path == path]
        for facts in here:
            if facts.method == method:
                return facts
        if here:
            allowed = ", ".join(sorted({facts.method for facts in here}))
            raise Refusal(
                405, "method_not_allowed", f"This address does not know {method}.", f"It knows {allowed}.",
                headers={"Allow": allowed},
            )  # fmt: skip
        raise Refusal(404, "no_route", "There is nothing at this address.", "All routes: pivotr api openapi")

    def _route(self, facts: Facts) -> Route:
        """The resolver's route, put together once, by one thread."""
        route = self._routes[facts.name]
        with self._building:
            if not route._middleware_stack_built:  # noqa: SLF001
                route._build_middleware_stack(router_middlewares=[], app=self.resolver)  # noqa: SLF001
                route.dependant  # noqa: B018 - worked out on first use, and kept
        return route

    def _once(self, event: Mapping[str, Any], call: Call, path: str) -> dict[str, Any]:
        """Do what the key stands for at most once; the same request again gets the same answer."""
        given = call.headers["idempotency-key"].strip()
        if not 1 <= len(given) <= _LONGEST_KEY or not given.isascii() or not given.isprintable():
            raise Refusal(
                422, "invalid_request", f"Idempotency-Key takes 1 to {_LONGEST_KEY} printable characters.",
                "A random UUID is fine.",
            )  # fmt: skip
        key = _digest(call.caller.actor, event["requestContext"]["http"]["method"], path, given)
        repeats = call.services.repeats
        kept = repeats.begin(key, fingerprint=_digest(call.body.hex(), event.get("rawQueryString", "")))
        if kept is not None:
            return {
                "statusCode": kept["status"], "body": kept["body"], "isBase64Encoded": False, "cookies": [],
                "headers": {**kept["headers"], "Idempotency-Replayed": "true"},
            }  # fmt: skip
        answer = self.resolver.resolve(event, _NO_CONTEXT)
        if 200 <= answer["statusCode"] < 300:
            headers = {name: answer["headers"][name] for name in _KEPT if name in answer["headers"]}
            repeats.keep(key, status=answer["statusCode"], headers=headers, body=answer["body"])
        else:
            repeats.forget(key)
        return answer


def resolver_of(nouns: Sequence[Noun]) -> APIGatewayHttpResolver:
    """A resolver that knows the routes of some nouns, and tells every error as a problem document."""
    resolver = _Resolver()
    for noun in nouns:
        resolver.include_router(noun.router)
    resolver.exception_handler(Exception)(_tell)
    return resolver


def gateway_answer(response: Response[Any]) -> dict[str, Any]:
    """A response in the gateway's form."""
    return {
        "statusCode": response.status_code,
        "headers": {name: str(value) for name, value in response.headers.items()},
        "body": response.body,
        "isBase64Encoded": False,
        "cookies": [],
    }


def path_of(event: Mapping[str, Any]) -> str:
    """The path of a request without the name of the stage that the gateway puts before it."""
    stage = event["requestContext"].get("stage", "$default")
    path = str(event["rawPath"])
    return path if stage == "$default" else path.removeprefix(f"/{stage}")


def body_of(event: Mapping[str, Any]) -> bytes:
    """The bytes of a body. Raises Refusal."""
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(400, "invalid_body", "The body cannot be read.") from None


def _tell(error: Exception) -> Response[Any]:
    return problem_of(error, present().request_id)


def _check_body(facts: Facts, headers: Mapping[str, str], body: bytes) -> None:
    if not facts.media:
        if body.strip():
            raise Refusal(422, "invalid_request", "This takes no body.", "Send it without one.")
        return
    if len(body) > facts.largest:
        raise Refusal(
            413, "too_large", f"The body is larger than {facts.largest // 1024:,} KB.",
            "Larger lead files: POST /api/leads/uploads, or `pivotr leads import`."
            if facts.media != (JSON,) else "Send less at once.",
        )  # fmt: skip
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and kind not in facts.media:
        raise Refusal(
            415, "unsupported_media_type", f"This takes {' or '.join(facts.media)}.",
            f"Send the header Content-Type: {facts.media[0]}",
        )  # fmt: skip
    if body and headers.get("content-encoding", "").strip().lower() not in ("", "identity"):
        raise Refusal(
            415, "unsupported_media_type", "This takes no compressed body.",
            "Send it as it is, without the header Content-Encoding.", headers={"Accept-Encoding": "identity"},
        )  # fmt: skip
    if facts.media == (JSON,):
        try:
            body.decode()
        except UnicodeDecodeError:
            raise Refusal(400, "invalid_json", "The body is not UTF-8.", "JSON is UTF-8.") from None


def _check_query(route: Route, event: Mapping[str, Any]) -> None:
    known = {param.alias for param in route.dependant.query_params}
    for name in event.get("queryStringParameters") or {}:
        if name not in known:
            raise Refusal(
                422, "invalid_request", f"There is no parameter “{name}” here.",
                f"There are: {', '.join(sorted(known))}." if known else "There are none.",
            )  # fmt: skip


def _strict_json(text: str) -> dict[str, Any]:
    """A JSON object as the standard has it: no NaN, no Infinity, no name twice."""
    try:
        found = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_each_name_once)
    except RecursionError:
        raise json.JSONDecodeError("it is nested too deep", text, 0) from None
    except json.JSONDecodeError:
        raise
    except ValueError as error:
        raise json.JSONDecodeError(str(error).partition(";")[0], text, 0) from None
    if not isinstance(found, dict):
        wrong = {"type": "object_type", "loc": ("body",), "msg": "Input should be an object"}
        raise RequestValidationError([wrong])
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"“{next(name for name in names if names.count(name) > 1)}” stands there twice")
    return found


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
