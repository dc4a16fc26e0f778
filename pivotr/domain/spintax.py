"""Spintax that is compiled once and rendered for each lead: one seed decides all choices."""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from hashlib import blake2b
from itertools import count
from operator import itemgetter
from typing import Any, TypeVar

from pivotr.domain.chance import base32
from pivotr.domain.spintax_parser import Group, Node, Option, Slot, name_key, parse, position
from pivotr.errors import InvalidInput

_Result = TypeVar("_Result")

#: Choices that one digest pays for, 16 bits each: shares of a few options are even to a part in 10^4.
_DRAWS = struct.Struct(">32H")
_DRAWS_IN_BLOCK = 32
#: A group of more options than this spends three draws.
_LARGE = 64
#: A longer list of choices is named by its digest: the variant is stored with every mail.
_LONGEST_VARIANT = 80


class TemplateError(InvalidInput):
    """A template breaks the grammar; `line` and `column` count from 1, `part` is Subject, Text or HTML."""

    def __init__(self, fault: str, *, line: int, column: int, hint: str = "", part: str = "") -> None:
        where = f"line {line}, column {column}: {fault}"
        super().__init__(f"{part}, {where}" if part else f"L{where[1:]}", hint=hint)
        self.fault, self.line, self.column, self.part = fault, line, column, part

    def of_part(self, part: str) -> TemplateError:
        """The same error with the name of the part in its sentence."""
        return TemplateError(self.fault, line=self.line, column=self.column, hint=self.hint, part=part)


#: Variable that is the same for every lead → what lacks where it is empty, and the command that gives it.
OF_SENDERS = {
    "sendername": ("{} has no name", 'pivotr sender update {} --name "Acme Sales"'),
    "senderfirstname": ("{} has no name", 'pivotr sender update {} --name "Acme Sales"'),
    "signature": ("{} has no signature", 'pivotr sender update {} --signature "Asha Rao, Acme"'),
    "postaladdress": ("there is none", 'pivotr settings set footer.address "Acme Ltd, 1 MG Road, Pune"'),
}


class MissingVariable(InvalidInput):
    """A lead has no value for a variable that the chosen text needs and that has no fallback."""

    def __init__(self, variable: str) -> None:
        _, pattern = OF_SENDERS.get(name_key(variable), ("", "pivotr leads update {}"))
        command = pattern.format("ADDRESS")
        super().__init__(
            f"There is no value for {variable} and the template gives no fallback.",
            hint=f"Write {{{{{variable}|…}}}} in the template, or give it: {command}",
        )
        self.variable = variable


class Compiled:
    """A text that was parsed once; see `compile_text`."""

    __slots__ = ("_count", "_flat", "nodes", "source", "variables", "without_fallback")

    def __init__(self, source: str, nodes: tuple[Node, ...], variables: tuple[str, ...]) -> None:
        self.source = source
        self.nodes = nodes
        #: Names as they were declared, in order of first use.
        self.variables = variables
        bare = {node.name for node in walk(nodes) if isinstance(node, Slot) and node.fallback is None}
        #: Those of them that stand somewhere without a fallback.
        self.without_fallback = tuple(name for name in variables if name in bare)
        self._count = 0
        self._flat = _Flat.of(nodes)

    def render(self, values: Mapping[str, str], seed: int) -> tuple[str, str]:
        """Text and variant for these values; the same seed gives the same choices. Raises MissingVariable.

        The variant names the chosen options in the order of the text: `0.2.1` is first, third, second.

        A value goes in as it is: braces and pipes in it mean nothing. A blank value counts as none.
        """
        try:
            filled = [values[name] for name in self.variables]
        except KeyError:
            filled = [_value(values, name) for name in self.variables]
        is_blank = not all(filled) or any(map(str.isspace, filled))
        if self._flat is not None and not is_blank:
            return self._flat.render(filled, seed)
        path: list[str] = []
        text = _spun(self.nodes, filled, _draws(seed), path)
        return text, _variant(path)

    def count(self) -> int:
        """How many ways there are to choose, exactly; fallbacks do not count."""
        if not self._count:
            self._count = _fold(self.nodes, _one, _product, _sum)
        return self._count

    def shortest(self, values: Mapping[str, str] | None = None) -> str:
        """The shortest text that can come out; a variable without a value stands as `{{Name}}`."""
        return self._extreme(values or {}, min)

    def longest(self, values: Mapping[str, str] | None = None) -> str:
        """The longest text that can come out; a variable without a value stands as `{{Name}}`."""
        return self._extreme(values or {}, max)

    def _extreme(self, values: Mapping[str, str], best: Callable[..., Any]) -> str:
        """Fold to (length, parts), parts being texts and tuples of parts, then flatten."""

        def leaf(node: str | Slot) -> tuple[int, Any]:
            text = node if isinstance(node, str) else _value(values, node.name) or f"{{{{{node.name}}}}}"
            return len(text), text

        def sequence(parts: list[tuple[int, Any]]) -> tuple[int, Any]:
            return sum(length for length, _ in parts), tuple(part for _, part in parts)

        def group(options: list[tuple[int, Any]]) -> tuple[int, Any]:
            chosen: tuple[int, Any] = best(options, key=lambda option: option[0])
            return chosen

        texts: list[str] = []
        stack: list[Any] = [_fold(self.nodes, leaf, sequence, group)[1]]
        while stack:
            part = stack.pop()
            if isinstance(part, str):
                texts.append(part)
            else:
                stack.extend(reversed(part))
        return "".join(texts)


class _Flat:
    """A template whose options are plain texts: a ready list of literals with holes, filled without a walk.

    Most mails are written so and take a third of the time; choices and variant are those of the walk.
    """

    __slots__ = ("_literals", "_options", "_order", "_sized")

    @classmethod
    def of(cls, nodes: tuple[Node, ...]) -> _Flat | None:
        """The flat form, or None where the template has nested groups or asks for too many draws."""
        groups = [node for node in nodes if isinstance(node, Group)]
        holes = sum(
            isinstance(node, Slot) or len(node.options) > 1 for node in nodes if not isinstance(node, str)
        )
        inside = [option for group in groups for option in group.options]
        fallbacks = [node.fallback for node in nodes if isinstance(node, Slot)]
        is_flat = not any(isinstance(option, tuple) for option in [*inside, *fallbacks])
        is_small = all(len(group.options) <= _LARGE for group in groups) and len(groups) <= _DRAWS_IN_BLOCK
        return cls(nodes) if is_flat and is_small and holes > 1 else None

    def __init__(self, nodes: tuple[Node, ...]) -> None:
        self._literals = [""]
        self._options: list[tuple[tuple[str, str], ...]] = []
        holes: list[tuple[bool, int]] = []
        for node in nodes:
            if isinstance(node, str):
                self._literals[-1] += node
                continue
            if isinstance(node, Slot):
                holes.append((True, node.index))
            elif len(node.options) == 1:
                self._literals[-1] += str(node.options[0])
                continue
            else:
                holes.append((False, len(self._options)))
                self._options.append(tuple((str(option), str(at)) for at, option in enumerate(node.options)))
            self._literals += ["", ""]
        self._sized = [(options, len(options)) for options in self._options]
        self._order = itemgetter(*[at + len(self._options) * is_slot for is_slot, at in holes])

    def render(self, filled: list[str], seed: int) -> tuple[str, str]:
        """As `Compiled.render`, for values none of which is blank."""
        draws = _DRAWS.unpack(blake2b(_raw(seed)).digest())
        chosen = [
            options[draw * size >> 16]
            for (options, size), draw in zip(self._sized, draws)  # noqa: B905 - the keyword is felt here
        ]
        pieces = self._literals.copy()
        pieces[1::2] = self._order([text for text, _ in chosen] + filled)
        return "".join(pieces), _variant([name for _, name in chosen])


def compile_text(text: str, variables: Collection[str] = ()) -> Compiled:
    """Parse a text in which `variables` are known (case, blanks, `_`, `-`, `.` in a name do not count).

    Raises TemplateError (an InvalidInput) for the first unknown variable or unbalanced brace.
    """
    parsed = parse(text, variables)
    if parsed.faults:
        first = parsed.faults[0]
        line, column = position(text, first.offset)
        raise TemplateError(first.sentence, line=line, column=column, hint=first.hint)
    return Compiled(text, parsed.nodes, tuple(parsed.variables))


def walk(nodes: Iterable[Node]) -> Iterator[Node]:
    """Every node, options and fallbacks included, in the order of the source."""
    stack: list[Node] = list(nodes)[::-1]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, str):
            continue
        inside = node.options if isinstance(node, Group) else (node.fallback or "",)
        for option in reversed(inside):
            stack.extend((option,) if isinstance(option, str) else reversed(option))


def _spun(option: Option, filled: list[str], draws: Iterator[int], path: list[str]) -> str:
    """The text of an option with all that is nested in it; its choices are added to the path."""
    texts: list[str] = []
    resume: list[Iterator[Node]] = []
    nodes = iter((option,) if isinstance(option, str) else option)
    while True:
        for node in nodes:
            if isinstance(node, str):
                texts.append(node)
                continue
            if isinstance(node, Slot):
                value = filled[node.index]
                chosen: Option = _fallback(node) if not value or value.isspace() else value
            elif len(node.options) == 1:
                chosen = node.options[0]
            else:
                choice = _choice(len(node.options), draws)
                path.append(str(choice))
                chosen = node.options[choice]
            if isinstance(chosen, str):
                texts.append(chosen)
            else:
                resume.append(nodes)
                nodes = iter(chosen)
                break
        else:
            if not resume:
                return "".join(texts)
            nodes = resume.pop()


def _fallback(slot: Slot) -> Option:
    """What stands in for an empty value; raises MissingVariable."""
    if slot.fallback is None:
        raise MissingVariable(slot.name)
    return slot.fallback


def _value(values: Mapping[str, str], name: str) -> str:
    """The value under this name or one that differs in case and blanks only; "" when absent."""
    value = values.get(name)
    if value is None:
        key = name_key(name)
        value = next((other for given, other in values.items() if name_key(given) == key), "")
    return value


def _choice(size: int, draws: Iterator[int]) -> int:
    """One of `size` options."""
    if size <= _LARGE:
        return next(draws) * size >> 16
    return (next(draws) << 32 | next(draws) << 16 | next(draws)) * size >> 48


def _raw(seed: int) -> bytes:
    return (seed & 0xFFFF_FFFF_FFFF_FFFF).to_bytes(8, "big")


def _draws(seed: int) -> Iterator[int]:
    """Endless 16-bit numbers that depend on the low 64 bits of the seed only."""
    raw = _raw(seed)
    yield from _DRAWS.unpack(blake2b(raw).digest())
    for block in count(1):
        yield from _DRAWS.unpack(blake2b(raw, salt=block.to_bytes(16, "big")).digest())


def _variant(path: list[str]) -> str:
    name = ".".join(path)
    if len(name) <= _LONGEST_VARIANT:
        return name
    return f"~{base32(blake2b(name.encode(), digest_size=15).digest())}"


def _one(_: str | Slot) -> int:
    return 1


def _sum(numbers: list[int]) -> int:
    return sum(numbers)


def _product(numbers: list[int]) -> int:
    result = 1
    for number in numbers:
        result *= number
    return result


def _fold(
    nodes: tuple[Node, ...],
    leaf: Callable[[str | Slot], _Result],
    sequence: Callable[[list[_Result]], _Result],
    group: Callable[[list[_Result]], _Result],
) -> _Result:
    """Combine a tree from its leaves upwards without recursion."""
    frames: list[tuple[Callable[[list[_Result]], _Result], Iterator[Any], list[_Result]]]
    frames = [(sequence, iter(nodes), [])]
    while True:
        combine, items, results = frames[-1]
        for item in items:
            if isinstance(item, (str, Slot)):
                results.append(leaf(item))
            elif isinstance(item, Group):
                frames.append((group, iter(item.options), []))
                break
            else:
                frames.append((sequence, iter(item), []))
                break
        else:
            frames.pop()
            if not frames:
                return combine(results)
            frames[-1][2].append(combine(results))
