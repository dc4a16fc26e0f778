"""The functions' archive: complete on its own, for the right processor and Python, small, reproducible."""

from __future__ import annotations

import platform
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pivotr import names
from pivotr.infra import asset, permissions, pythons
from pivotr.infra.asset_packages import HOST, LAMBDA, SERVICES, Target

pytestmark = pytest.mark.slow

AARCH64 = 183  # e_machine of ELF (AArch64 ELF ABI)
#: The service of an action → botocore's name of it; `logs` is written by the runtime itself.
CLIENTS = {
    "dynamodb": "dynamodb", "lambda": "lambda", "s3": "s3", "secretsmanager": "secretsmanager",
    "ses": "sesv2", "sns": "sns", "sqs": "sqs",
}  # fmt: skip

ALONE = """
import sys
sys.path[:] = [path for path in sys.path if "packages" not in path] + [{folder!r}]
{work}
stranger = [m.__file__ for m in list(sys.modules.values()) if getattr(m, "__file__", None)
            and "site-packages" in m.__file__]
assert not stranger, stranger
"""


@pytest.fixture(scope="module")
def archive() -> asset.Archive:
    return asset.archive()


@pytest.fixture(scope="module")
def packed(archive: asset.Archive) -> zipfile.ZipFile:
    return zipfile.ZipFile(archive.path)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The same archive for this machine, unpacked, and the interpreter it is for: 3.13 where there is one."""
    interpreter, target = sys.executable, HOST
    compiler = pythons.compiler()
    if compiler and sys.platform == "linux" and sys.version_info[:2] != pythons.VERSION:
        machine = platform.machine()
        tags = (f"manylinux2014_{machine}", f"manylinux_2_28_{machine}", f"manylinux_2_34_{machine}")
        interpreter, target = compiler, Target("host313", tags, "3.13")
    folder = tmp_path_factory.mktemp("archive") / "task"
    asset.assemble(folder, target, interpreter)
    return interpreter, folder


def run_alone(alone: tuple[str, Path], work: str) -> None:
    interpreter, folder = alone
    code = ALONE.format(folder=str(folder), work=work)
    answer = subprocess.run(
        [interpreter, "-S", "-E", "-W", "error::ImportWarning", "-c", code],
        cwd=folder.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("spec", names.FUNCTIONS, ids=lambda spec: spec.name)
def test_every_handler_is_imported_with_nothing_else_on_the_path(
    alone: tuple[str, Path], spec: names.FunctionSpec
) -> None:
    module = names.entry_point(spec).rpartition(".")[0]
    run_alone(alone, f"import importlib\nassert callable(importlib.import_module({module!r}).handler)")


def test_a_client_can_be_made_for_every_service_that_a_role_may_call(alone: tuple[str, Path]) -> None:
    called = {action.partition(":")[0] for spec in names.FUNCTIONS for action, _ in permissions.pairs(spec)}
    assert {CLIENTS[service] for service in called - {"logs"}} == set(SERVICES)
    run_alone(
        alone,
        "import botocore.session\nsession = botocore.session.Session()\n"
        f"for service in {SERVICES!r}:\n    session.create_client(service, region_name='ap-south-1')",
    )


def test_what_handlers_read_as_files_is_there(alone: tuple[str, Path]) -> None:
    run_alone(
        alone,
        "from zoneinfo import ZoneInfo, reset_tzpath\nreset_tzpath([])\nZoneInfo('Asia/Kolkata')\n"
        "from pivotr.domain.person_names import *\nfrom pivotr.domain.name_lists import *\n"
        "import python_calamine, email_validator\n"
        "email_validator.validate_email('a@acme.example.com', check_deliverability=False)",
    )


def test_every_binary_is_for_arm64_and_python_3_13(packed: zipfile.ZipFile) -> None:
    binaries = [name for name in packed.namelist() if name.endswith(".so") or ".so." in name]
    assert len(binaries) >= 2
    for name in binaries:
        head = packed.read(name)[:20]
        assert head[:5] == b"\x7fELF\x02", name
        assert int.from_bytes(head[18:20], "little") == AARCH64, name
        assert "cpython-313-aarch64" in name or ".abi3." in name, name


def test_byte_code_is_for_python_3_13_and_never_compared_with_its_source(
    archive: asset.Archive, packed: zipfile.ZipFile
) -> None:
    compiled = [name for name in packed.namelist() if name.endswith(".pyc")]
    if not archive.has_bytecode:
        assert not compiled
        return
    assert len(compiled) > 500
    for name in compiled:
        head = packed.read(name)[:8]
        assert head[:4] == (3571).to_bytes(2, "little") + b"\r\n", name  # magic number of CPython 3.13
        assert int.from_bytes(head[4:8], "little") == 1, name  # PEP 552: hash-based, unchecked


def test_the_archive_holds_what_functions_need_and_no_more(packed: zipfile.ZipFile) -> None:
    held = packed.namelist()
    assert "pivotr/functions/entry/send_email.py" in held
    assert "pivotr/data/free_domains.txt" in held
    for part in ("pivotr/cli/", "pivotr/infra/", "pivotr/data/demo/", "dns/", "boto3/", "bin/", "tests/"):
        assert not [name for name in held if name.startswith(part)], part
    services = {name.split("/")[2] for name in held if name.startswith("botocore/data/")}
    assert {one for one in services if not one.endswith(".json")} == set(SERVICES)


def test_the_archive_is_small(archive: asset.Archive, packed: zipfile.ZipFile) -> None:
    if archive.has_bytecode:
        assert archive.path.stat().st_size <= 9 * 1024 * 1024
    assert sum(entry.file_size for entry in packed.infolist()) < asset.MOST_BYTES


def test_the_archive_has_no_times_and_no_rights_of_this_machine(packed: zipfile.ZipFile) -> None:
    assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in packed.infolist()} == {0o644}
    assert packed.namelist() == sorted(packed.namelist(), key=Path)


def test_the_archives_name_follows_from_what_goes_in(archive: asset.Archive) -> None:
    assert archive.digest == asset.digest_of(LAMBDA, has_bytecode=archive.has_bytecode)
    assert asset.digest_of(LAMBDA, has_bytecode=True) != asset.digest_of(LAMBDA, has_bytecode=False)
    assert asset.digest_of(LAMBDA, has_bytecode=True) != asset.digest_of(HOST, has_bytecode=True)
    assert asset.archive().path == archive.path
