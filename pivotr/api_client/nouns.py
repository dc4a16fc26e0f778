"""What the nouns of the client share: models from answers, pages as iterators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, TypeAdapter

from pivotr.api_client.transport import Transport

Model = TypeVar("Model")


_readers: dict[Any, TypeAdapter[Any]] = {}


def _reader(model: Any) -> TypeAdapter[Any]:
    """Made once for each model: making one takes milliseconds."""
    if model not in _readers:
        _readers[model] = TypeAdapter(model)
    return _readers[model]


class Noun:
    """One noun of the API."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _one(self, model: type[Model], method: str, path: str, /, *words: str, **how: Any) -> Model:
        """An answer as its model. An API newer than this client may say more: that is left out."""
        return self._tagged(model, method, path, *words, **how)[0]

    def _tagged(
        self, model: type[Model], method: str, path: str, /, *words: str, **how: Any
    ) -> tuple[Model, str]:
        """An answer as its model, and its ETag for a later change."""
        if isinstance(how.get("body"), BaseModel):
            how["body"] = how["body"].model_dump(mode="json", exclude_unset=True)
        answer = self._transport.ask(method, _filled(path, words), **how)
        found: Model = _reader(model).validate_python(answer.data, extra="ignore")
        return found, answer.etag

    def _each(
        self, model: type[Model], path: str, /, *words: str, query: Mapping[str, object] | None = None
    ) -> Iterator[Model]:
        """Every item of a list; pages are fetched as they are asked for."""
        cursor = ""
        while True:
            found, cursor = self._page(model, path, *words, query={**(query or {}), "cursor": cursor})
            yield from found
            if not cursor:
                return

    def _page(
        self, model: type[Model], path: str, /, *words: str, query: Mapping[str, object]
    ) -> tuple[Iterator[Model], str]:
        """Some items of a list, and the cursor behind them, empty at the end."""
        reader = _reader(model)
        page = self._transport.ask("GET", _filled(path, words), query=query).data
        return (reader.validate_python(item, extra="ignore") for item in page["items"]), page["cursor"] or ""


def _filled(path: str, words: tuple[str, ...]) -> str:
    """`/api/leads/{}` with its words, each one segment whatever it holds."""
    return path.format(*(quote(word, safe="") for word in words))
