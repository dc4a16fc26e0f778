"""F5: the functions' archive as it is uploaded, in MiB, beside its packages as an installer leaves them."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from pivotr.infra import asset, asset_packages

GOAL = 9.0
MIB = 1 << 20


def measure() -> list[dict[str, Any]]:
    """Size of the archive, and of the packages alone before anything is left out."""
    made = asset.archive()
    inside = "with byte code" if made.has_bytecode else "without byte code"
    return [
        {
            "figure": "F5",
            "what": f"the functions' archive, {inside}",
            "value": made.path.stat().st_size / MIB,
            "unit": "MiB",
            "goal": f"≤ {GOAL:g}",
        },
        {
            "figure": "F5",
            "what": "its packages as installed, nothing left out, no byte code",
            "value": _untrimmed() / MIB,
            "unit": "MiB",
            "goal": "",
        },
    ]


def _untrimmed() -> int:
    """Bytes of a zip of the locked packages as the installer leaves them."""
    with tempfile.TemporaryDirectory(prefix="pivotr-") as scratch:
        folder = Path(scratch)
        asset_packages.fetch(folder, asset_packages.LAMBDA)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    archive.write(path, path.relative_to(folder))
        return len(packed.getvalue())
