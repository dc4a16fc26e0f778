"""The secrets of the embedded environment: one file that only its owner may read, made at first use.

`lead` keys the ids of leads and suppressions and can never change; `unsubscribe` signs links, newest first.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from pivotr.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one environment; never shown, logged or exported."""

    lead: bytes
    unsubscribe: tuple[bytes, ...]

    def __repr__(self) -> str:
        return "Keys(…)"


def load_keys(path: Path, *, may_create: bool) -> Keys:
    """The keys in a file, made when it is missing and may be made. Raises Misconfigured.

    Without its key a data file cannot find its leads again, so a lost key is never replaced in silence.
    """
    try:
        stored = json.loads(path.read_text())
        return Keys(bytes.fromhex(stored["lead"]), tuple(bytes.fromhex(key) for key in stored["unsubscribe"]))
    except FileNotFoundError:
        if not may_create:
            raise Misconfigured(
                f"The key file {path} is missing: the leads in the data file cannot be found without it.",
                hint="Restore it from a backup, beside the data file.",
            ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Misconfigured(
            f"The key file {path} cannot be read: {error}", hint="Restore it from a backup."
        ) from None
    return _create(path)


def _create(path: Path) -> Keys:
    made = {"lead": secrets.token_hex(32), "unsubscribe": [secrets.token_hex(32)]}
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(made, file)
            file.flush()
            os.fsync(file.fileno())
        # A link fails where the file exists: of two first runs at once, both use the keys of the first.
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            path.stat()
        finally:
            draft.unlink()
    except OSError as error:
        raise Misconfigured(
            f"The key file {path} cannot be written: {error.strerror}.",
            hint="Choose another folder with PIVOTR_HOME.",
        ) from None
    return load_keys(path, may_create=False)
