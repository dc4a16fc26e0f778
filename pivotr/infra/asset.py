"""The archive that all functions share: our package, its packages, byte code where a Python 3.13 is at hand.

Its hash is taken over what goes in, not over the bytes that come out, so that every machine names it alike.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pivotr
from pivotr.errors import Misconfigured
from pivotr.infra import cache, pythons
from pivotr.infra.asset_packages import HOST, LAMBDA, LOCK, Target, install

#: Raised whenever the same inputs make another archive.
BUILDER = "4"
#: Parts of our package that no function imports.
LEFT_OUT = (
    "__main__.py", "cli", "client", "infra", "data/demo", "functions/local.py", "wiring_deploy.py",
    "wiring_embedded.py", "adapters/sandbox_install.py", "adapters/sandbox_process.py",
)  # fmt: skip
#: Where Lambda unpacks the archive; the paths in traces say so.
TASK_ROOT = "/var/task"
#: Bytes of an archive that Lambda takes, unpacked.
MOST_BYTES = 250 * 1024 * 1024

_EPOCH = (1980, 1, 1, 0, 0, 0)
#: Entries of the cache that are kept of each kind: two check-outs may be worked on in turn.
_KEPT = 3


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip file and the hash over what went into it; without byte code functions start more slowly."""

    path: Path
    digest: str
    has_bytecode: bool


def archive(target: Target = LAMBDA) -> Archive:
    """The archive, from the cache where nothing has changed. Raises Misconfigured, Unavailable.

    The emulator runs functions on this machine and its Python, so it needs the target HOST.
    """
    compiler = sys.executable if target is HOST else pythons.compiler()
    digest = digest_of(target, has_bytecode=compiler is not None)

    def make(folder: Path) -> None:
        content = folder / "content"
        assemble(content, target, compiler)
        _pack(content, folder / "code.zip")
        shutil.rmtree(content)

    made = cache.kept(f"{target.name}-{digest[:16]}", make)
    for pattern in (f"{target.name}-*", f"packages-{target.name}-*"):
        cache.keep_newest(pattern, _KEPT)
    return Archive(made / "code.zip", digest, compiler is not None)


def assemble(folder: Path, target: Target, compiler: str | None) -> None:
    """Put packages and our own files into a new folder as they will lie in the archive."""
    shutil.copytree(_packages(target, compiler), folder)
    own = folder / "pivotr"
    for path in _own_files():
        copy = own / path.relative_to(_root())
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    if compiler:
        _compile(compiler, own, f"{TASK_ROOT}/pivotr")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if size > MOST_BYTES:
        raise Misconfigured(f"The functions' code has {size:,} bytes; Lambda takes {MOST_BYTES:,}.")


def _packages(target: Target, compiler: str | None) -> Path:
    """The trimmed packages; they change seldom and are kept apart from our own files."""
    hashed = _inputs(target, has_bytecode=compiler is not None)

    def make(folder: Path) -> None:
        install(folder, target)
        if compiler:
            # Their sources would only lengthen traces, and the archive by a sixth.
            _compile(compiler, folder, TASK_ROOT, "-b")
            for source in folder.rglob("*.py"):
                source.unlink()

    return cache.kept(f"packages-{target.name}-{hashed.hexdigest()[:16]}", make)


def _compile(compiler: str, folder: Path, shown: str, *options: str) -> None:
    """Byte code that is never compared with its source: the times of an archive's files mean nothing.

    `shown` is the folder that traces name. `-b` puts it where it is found without a source.
    """
    command = [compiler, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", *options]
    command += ["-s", str(folder), "-p", shown, str(folder)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise Misconfigured(f"{compiler} could not compile the functions: {answer.stdout[-300:]}")


def _pack(folder: Path, target: Path) -> None:
    """The same bytes for the same files: order, times and rights are fixed."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(entry, path.read_bytes())


def digest_of(target: Target, *, has_bytecode: bool) -> str:
    """An archive's name: a hash over lock, our files, builder, target, and whether byte code is inside."""
    hashed = _inputs(target, has_bytecode=has_bytecode)
    for path in _own_files():
        content = path.read_bytes()
        hashed.update(f"{path.relative_to(_root()).as_posix()}\n{len(content)}\n".encode())
        hashed.update(content)
    return str(hashed.hexdigest())


def _inputs(target: Target, *, has_bytecode: bool) -> Any:
    """A hash over everything but our own files: builder, target, byte code, lock."""
    wheels = cache.interpreter() if target is HOST else f"{target}"
    hashed = hashlib.sha256(f"{BUILDER}\n{wheels}\nbytecode {has_bytecode}\n".encode())
    hashed.update(LOCK.read_bytes())
    return hashed


def _root() -> Path:
    return Path(pivotr.__file__).parent


def _own_files() -> Iterator[Path]:
    root = _root()
    out = {found for pattern in LEFT_OUT for found in root.glob(pattern)}
    for path in sorted(root.rglob("*")):
        is_made = "__pycache__" in path.parts or path.name == ".DS_Store"
        if path.is_file() and not is_made and out.isdisjoint((path, *path.parents)):
            yield path
