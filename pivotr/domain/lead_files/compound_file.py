"""The container of an old .xls: are its chains of sectors sound ([MS-CFB], sections 2.2 to 2.4)?

Only what a reader could be led astray by is looked at; what is in the sectors is not.
"""

from __future__ import annotations

import struct
from array import array

_HEADER = 512
#: Places of the header.
_SIZE_AT, _SMALL_AT, _MORE_AT, _TABLE_AT = 30, 60, 68, 76
#: Greater numbers in a table are marks: of the last sector of a chain, of a free one, of a part of a table.
_LAST_SECTOR = 0xFFFFFFFA
_FREE = 0xFFFFFFFF


def is_tangled(data: bytes) -> bool:
    """True where chains of sectors meet, run in a circle, or lead out of the file."""
    if len(data) < _HEADER:
        return True
    size = 1 << min(struct.unpack_from("<H", data, _SIZE_AT)[0], 16)
    sectors = -(-len(data) // size) - 1
    table = array("I")
    for at in _table_sectors(data, size, sectors):
        if at >= sectors:
            return True
        table.extend(_numbers(data, size, at))
    if any(entry != _FREE for entry in table[sectors:]) or _has_knots(table):
        return True
    small = array("I")
    (at,) = struct.unpack_from("<I", data, _SMALL_AT)
    while at < len(table):
        small.extend(_numbers(data, size, at))
        at = table[at]
    return _has_knots(small)


def _numbers(data: bytes, size: int, sector: int) -> tuple[int, ...]:
    """The numbers that a sector holds; fewer where the file ends in it."""
    block = data[(sector + 1) * size : (sector + 2) * size]
    return struct.unpack(f"<{len(block) // 4}I", block[: len(block) // 4 * 4])


def _table_sectors(data: bytes, size: int, sectors: int) -> list[int]:
    """The sectors of the table: 109 in the header, more in sectors that lead from one to the next."""
    found = list(struct.unpack_from("<109I", data, _TABLE_AT))
    (more,) = struct.unpack_from("<I", data, _MORE_AT)
    for _ in range(sectors):
        if more >= sectors:
            break
        *listed, more = _numbers(data, size, more) or (_FREE,)
        found += listed
    return [at for at in found if at <= _LAST_SECTOR]


def _has_knots(table: array[int]) -> bool:
    """True where two sectors lead to the same one, one leads nowhere, or some lead only to each other."""
    following = [entry for entry in table if entry <= _LAST_SECTOR]
    led_to = set(following)
    if len(led_to) < len(following) or any(entry >= len(table) for entry in following):
        return True
    reached = 0
    for start, entry in enumerate(table):
        if start not in led_to:
            while entry <= _LAST_SECTOR:
                reached += 1
                entry = table[entry]  # noqa: PLW2901
    return reached < len(following)
