"""The keys of the embedded environment: one file that only its owner may read, made at first use."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TextIO

from pivotr.adapters.key_material import Keys, fresh_keys, from_json, to_json
from pivotr.errors import Conflict, Misconfigured


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
            _write(file, keys.rotated())
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
        return from_json(path.read_text())
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise Misconfigured(
            f"The key file {path} cannot be read: {error}", hint="Restore it from a backup."
        ) from None


def _write(file: TextIO, keys: Keys) -> None:
    file.write(to_json(keys))
    file.flush()
    os.fsync(file.fileno())


def _unwritable(path: Path, error: OSError) -> Misconfigured:
    return Misconfigured(
        f"The key file {path} cannot be written: {error.strerror}.",
        hint="Choose another folder with PIVOTR_HOME.",
    )


def _create(path: Path) -> Keys:
    made = fresh_keys()
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
