"""The packages that the functions import: installed from a locked list without Docker, then trimmed."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pivotr.errors import Misconfigured, Unavailable

LOCK = Path(__file__).parent / "lambda.txt"

#: Services of AWS that any function calls, as botocore names them; the data of all others stay at home.
SERVICES = ("dynamodb", "lambda", "s3", "secretsmanager", "sesv2", "sns", "sqs")
_BOTOCORE_DATA = ("endpoints.json", "partitions.json", "sdk-default-configuration.json", "_retry.json")
_UNUSED_UTILITIES = (
    "auth_alpha", "batch", "circuit_breaker", "data_masking", "feature_flags", "idempotency",
    "kafka", "parameters", "parser", "streaming", "validation",
)  # fmt: skip
#: What no function reads, by pattern: build notes, stubs, examples, pages of an API browser, an old API, a
#: second copy of the time zones, and the parts of Powertools that are not used here.
_TRIMMED = (
    "bin",
    "*.dist-info",
    "**/*.pyi",
    "**/__pycache__",
    "botocore/data/*/*/examples-1.json*",
    "dateutil/zoneinfo",
    "pydantic/mypy.py",
    "pydantic/v1",
    "urllib3/contrib/emscripten",
    "aws_lambda_powertools/event_handler/openapi/swagger_ui/*.js",
    "aws_lambda_powertools/event_handler/openapi/swagger_ui/*.css",
    *(f"aws_lambda_powertools/utilities/{name}" for name in _UNUSED_UTILITIES),
)


@dataclass(frozen=True, slots=True)
class Target:
    """What wheels are chosen for. Without platforms: for the interpreter that installs them."""

    name: str
    platforms: tuple[str, ...] = ()
    python: str = ""


#: The runtime has glibc 2.34; pip takes each tag by its word, so older ones are named as well.
LAMBDA = Target(
    "lambda", ("manylinux2014_aarch64", "manylinux_2_28_aarch64", "manylinux_2_34_aarch64"), "3.13"
)
#: The same list for this machine, to try out what cannot run here otherwise.
HOST = Target("host")


def install(folder: Path, target: Target) -> None:
    """Install the locked packages into an empty folder and take out what no function reads.

    Raises as `fetch`.
    """
    fetch(folder, target)
    _trim(folder)


def fetch(folder: Path, target: Target) -> None:
    """Install the locked packages as they are.

    Raises Misconfigured without an installer, Unavailable where a package cannot be had.
    """
    answer = subprocess.run(_command(folder, target), capture_output=True, text=True, check=False)
    if answer.returncode:
        lines = [line for line in answer.stderr.splitlines() if line.strip()]
        why = lines[-1] if lines else "no reason was given"
        raise Unavailable(
            f"The packages of the functions could not be installed: {why}",
            hint="Check the network and try again.",
        )


def _command(folder: Path, target: Target) -> Sequence[str]:
    """The installer's words. Markers are evaluated for this interpreter: so no dependency is looked for."""
    shared = [
        "--no-deps",
        "--require-hashes",
        "--only-binary=:all:",
        "-r",
        str(LOCK),
        "--target",
        str(folder),
    ]
    if importlib.util.find_spec("pip") is not None:
        chosen = [word for platform in target.platforms for word in ("--platform", platform)]
        if target.python:
            chosen += ["--python-version", target.python, "--implementation", "cp"]
        quiet = ["--quiet", "--disable-pip-version-check", "--no-compile"]
        return [sys.executable, "-m", "pip", "install", *quiet, *shared, *chosen]
    if uv := shutil.which("uv"):
        chosen = ["--python", sys.executable]
        if target.platforms:
            chosen = ["--python-platform", "aarch64-manylinux_2_34", "--python-version", target.python]
        return [uv, "pip", "install", "--quiet", *shared, *chosen]
    raise Misconfigured(
        "The packages of the functions are installed with pip, and this Python has none.",
        hint=f"Install it with: {sys.executable} -m ensurepip",
    )


def _trim(folder: Path) -> None:
    for pattern in _TRIMMED:
        for path in sorted(folder.glob(pattern)):
            _remove(path)
    kept = {*SERVICES, *_BOTOCORE_DATA}
    for path in sorted((folder / "botocore" / "data").iterdir()):
        if path.name not in kept:
            _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    elif path.exists():
        path.unlink()
