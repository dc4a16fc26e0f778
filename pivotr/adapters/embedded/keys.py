"""The secrets of the embedded environment: one file that only its owner may read, made at first use.

`lead` keys the ids of leads and suppressions and can never change; `unsubscribe` signs links, newest first.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from pivotr.errors import Conflict, Misconfigured


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
        return _read(path)
    except FileNotFoundError:
        if not may_create:
            raise Misconfigured(
                f"The key file {path} is missing: the leads in the data file cannot be found without it.",
                hint="Restore it from a backup, beside the data file.",
            ) from None
    return _create(path)


def rotate_unsubscribe_key(path: Path) -> int:
    """Sign links with a new key from now on; returns how many older keys stay valid beside it.

    Every older key stays, so that the link in a mail works for ever. A process that is running goes on with
    the key that it has read. Raises Misconfigured, Conflict where somebody else rotates at this moment.
    """
    draft = path.with_name(f".{path.name}.next")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Conflict(
            "The key is being rotated by somebody else.",
            hint=f"If nobody is at it any more, remove {draft} and try again.",
        ) from None
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        with os.fdopen(descriptor, "w") as file:
            keys = _read(path)
            _write(file, Keys(keys.lead, (secrets.token_bytes(32), *keys.unsubscribe)))
        draft.replace(path)
    except FileNotFoundError:
        raise Misconfigured(
            f"There is no key file {path} yet.", hint="It is made with the first lead that is imported."
        ) from None
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        draft.unlink(missing_ok=True)
    return len(keys.unsubscribe)


def _read(path: Path) -> Keys:
    """The keys of a file. Raises FileNotFoundError, Misconfigured."""
    try:
        stored = json.loads(path.read_text())
        return Keys(bytes.fromhex(stored["lead"]), tuple(bytes.fromhex(key) for key in stored["unsubscribe"]))
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Misconfigured(
            f"The key file {path} cannot be read: {error}", hint="Restore it from a backup."
        ) from None


def _write(file: TextIO, keys: Keys) -> None:
    json.dump({"lead": keys.lead.hex(), "unsubscribe": [key.hex() for key in keys.unsubscribe]}, file)
    file.flush()
    os.fsync(file.fileno())


def _unwritable(path: Path, error: OSError) -> Misconfigured:
    return Misconfigured(
        f"The key file {path} cannot be written: {error.strerror}.",
        hint="Choose another folder with PIVOTR_HOME.",
    )


def _create(path: Path) -> Keys:
    made = Keys(secrets.token_bytes(32), (secrets.token_bytes(32),))
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            _write(file, made)
        # A link fails where the file exists: of two first runs at once, both use the keys of the first.
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            path.stat()
        finally:
            draft.unlink()
    except OSError as error:
        raise _unwritable(path, error) from None
    return load_keys(path, may_create=False)
