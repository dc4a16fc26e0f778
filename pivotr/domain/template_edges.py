"""Where an option meets its neighbour: words and blanks that come out twice."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pivotr.domain.spintax_parser import Group, Node, Option, Slot

#: Neighbours looked at on each side: keeps the work of a deep template in proportion to its length.
_MOST_TEXTS = 50

_LAST_WORD = re.compile(r"(?:^|\s)(\w[\w'’]*)\s*$")
_FIRST_WORD = re.compile(r"^\s*(\w[\w'’]*)(?=$|\s|[.,;:!?])")


def awkward_edges(nodes: tuple[Node, ...]) -> Iterator[tuple[int, str]]:
    """Offset and sentence for each group across whose edge a blank or a word can come out doubled."""
    stack: list[Option] = [nodes]
    while stack:
        sequence = stack.pop()
        if isinstance(sequence, str):
            continue
        yield from _in_sequence(sequence)
        for node in reversed(sequence):
            if isinstance(node, Group):
                stack.extend(reversed(node.options))
            elif isinstance(node, Slot) and node.fallback is not None:
                stack.append(node.fallback)


def _in_sequence(nodes: tuple[Node, ...]) -> Iterator[tuple[int, str]]:
    for at, node in enumerate(nodes):
        after = nodes[at + 1] if at + 1 < len(nodes) else ""
        before = nodes[at - 1] if at else ""
        if isinstance(node, Group):
            yield from ((node.offset, sentence) for sentence in _between(node, after))
            if _is_blank(after) and at + 2 < len(nodes):
                yield from ((node.offset, sentence) for sentence in _repeated(node, nodes[at + 2]))
            if isinstance(before, str):
                yield from ((node.offset, sentence) for sentence in _between(before, node))
            if "" in node.options:
                for sentence in _between(before, after):
                    yield node.offset, f"With the empty option: {sentence[0].lower()}{sentence[1:]}"


def _between(left: Node, right: Node) -> Iterator[str]:
    """What can come out doubled where `right` follows `left`."""
    left_blank = any(_is_blank(end[-1:]) for end in _texts_at(left, -1))
    right_blank = any(_is_blank(start[:1]) for start in _texts_at(right, 0))
    if left_blank and right_blank:
        yield "Two blanks can come out side by side here."
    if left_blank or right_blank:
        yield from _repeated(left, right)


def _repeated(left: Node, right: Node) -> Iterator[str]:
    """Each word with which `left` can end and `right` begin; a blank stands between them."""
    last = {match[1].casefold() for end in _texts_at(left, -1) if (match := _LAST_WORD.search(end))}
    first = {match[1].casefold() for start in _texts_at(right, 0) if (match := _FIRST_WORD.match(start))}
    for word in sorted(last & first):
        yield f"The word “{word}” can come out twice here."


def _is_blank(node: Node) -> bool:
    """True for blanks and tabs alone; a line break may well stand beside blanks."""
    return isinstance(node, str) and node != "" and not node.strip(" \t")


def _texts_at(node: Node, end: int) -> Iterator[str]:
    """The texts with which a node can begin (`end` 0) or stop (-1); variables give none."""
    stack: list[Node] = [node]
    for _ in range(_MOST_TEXTS):
        if not stack:
            return
        top = stack.pop()
        if isinstance(top, str):
            if top:
                yield top[-80:] if end else top[:80]
        elif isinstance(top, Group):
            stack.extend(option if isinstance(option, str) else option[end] for option in top.options)
