"""What is loaded, and what is not: the command line stays light, a worker never loads the command line.

Modules are counted, not milliseconds: that holds on any machine.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

HEAVY = ("boto3", "botocore", "aws_cdk", "pydantic", "rich", "sqlite3")


def loaded(*arguments: str) -> tuple[set[str], str]:
    """Top packages that a fresh interpreter has loaded at the end of a program, and its stdout."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments], capture_output=True, text=True, check=True
    )
    lines = [line for line in run.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().split(".")[0] for line in lines}, run.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("leads", "list", "--help"), ("campaign", "create", "--help"), ("run", "--help"),
        ("demo", "--help"), ("settings", "--help"), ("sender", "add", "--help"), ("list", "--help"),
        ("template", "--help"), ("logs", "--help"), ("metrics", "--help"), ("suppress", "--help"),
        ("dlq", "--help"), ("feedback", "--help"), ("leads", "export", "--help"),
        ("leads", "import", "undo", "--help"), ("leads", "staged", "fix", "--help"),
        ("leads", "verify", "--help"), ("api", "serve", "--help"), ("api", "openapi", "--help"),
    ],
)  # fmt: skip
def test_help_loads_nothing_heavy(words: tuple[str, ...]) -> None:
    found, out = loaded("-m", "pivotr", *words)
    assert out.startswith("Usage: pivotr")
    assert "typer" in found
    assert not found & set(HEAVY)


@pytest.mark.parametrize(
    ("words", "told"), [(["--version"], "pivotr 0.1.0\n"), (["--help"], "Usage: "), ([], "Usage: ")]
)
def test_version_and_overview_load_nothing_but_pivotr(words: list[str], told: str) -> None:
    bare, _ = loaded("-c", "pass")
    found, out = loaded(
        "-c", f"import sys; sys.argv = ['pivotr', *{words!r}]; from pivotr.__main__ import run; run()"
    )
    assert out.startswith(told)
    assert found - bare <= {"pivotr"}


@pytest.mark.parametrize("function", ["send_email", "verify_email", "process_feedback", "heartbeat"])
def test_a_worker_never_loads_the_command_line(function: str) -> None:
    found, _ = loaded("-c", f"import pivotr.functions.{function}, pivotr.wiring")
    assert "pivotr" in found
    assert not found & {"typer", "rich", "aws_cdk", "moto"}


@pytest.mark.parametrize("function", ["api_leads", "api_campaigns", "api_metrics"])
def test_a_function_of_the_api_loads_no_server_and_no_document(function: str) -> None:
    code = (
        f"import sys, pivotr.functions.{function}; "
        "print(*(name for name in sys.modules if name.startswith('pivotr.api.')))"
    )
    found, out = loaded("-c", code)
    assert not found & {"typer", "rich", "aws_cdk", "moto", "uvicorn", "boto3"}
    modules = set(out.split())
    assert not modules & {
        "pivotr.api.asgi",
        "pivotr.api.document",
        "pivotr.api.examples",
        "pivotr.api.web_pages",
    }
    assert not [name for name in modules if name.startswith("pivotr.api.answers")]
    other = {"api_leads": "campaigns", "api_campaigns": "leads", "api_metrics": "leads"}[function]
    assert f"pivotr.api.routes.{other}" not in modules


def test_a_command_on_the_embedded_environment_needs_no_aws(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    code = (
        f"import os, sys; os.environ['PIVOTR_HOME'] = {str(home)!r}; sys.argv = ['pivotr', 'sender', 'list'];"
        "from pivotr.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    found, _ = loaded("-c", code)
    assert "pydantic" in found
    assert not found & {"boto3", "botocore", "aws_cdk", "rich"}
