"""The documents say what the program does: commands, options, tables, indexes, settings and variables."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import pivotr
from pivotr import names, settings
from pivotr.cli import main
from pivotr.domain.preferences import PREFERENCES
from pivotr.storage import metrics
from pivotr.storage.schema import TABLES

ROOT = Path(pivotr.__file__).parent.parent
DOCS = ROOT / "docs"
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")])

#: Understood by every command and explained once, at the head of docs/cli.md.
SHARED = {"--env", "--json", "--verbose", "-v", "--help", "--version"}


def commands() -> dict[str, Any]:
    """`leads import` → the command; every one of the program."""
    root = main.root()
    context = root.make_context("pivotr", ["--help"], resilient_parsing=True)
    found: dict[str, Any] = {}
    for noun in root.list_commands(context):
        command = root.get_command(context, noun)
        if hasattr(command, "list_commands"):
            for verb in command.list_commands(context):
                found[f"{noun} {verb}"] = command.get_command(context, verb)
        else:
            found[noun] = command
    return found


COMMANDS = commands()


def options(command: Any) -> Iterator[tuple[str, str]]:
    """Every name of every option of a command with its help, the shared ones left out."""
    for parameter in command.params:
        if parameter.param_type_name != "option":
            continue
        for name in (*parameter.opts, *parameter.secondary_opts):
            if name not in SHARED:
                yield name, parameter.help or ""


def section(document: str, title: str) -> str:
    """What stands under a heading, up to the next one of any level."""
    match = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", document, re.MULTILINE | re.DOTALL)
    return match[1] if match else ""


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented_with_its_options_and_an_example(name: str) -> None:
    text = section(read("docs/cli.md"), f"pivotr {name}")
    assert text, f"docs/cli.md has no section “pivotr {name}”"
    assert COMMANDS[name].help, f"pivotr {name} has no help"
    assert f"```\npivotr {name}" in text, f"pivotr {name} has no example"
    for option, _ in options(COMMANDS[name]):
        assert re.search(rf"`{option}\b", text), f"{option} of pivotr {name} is not explained"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_shows_the_examples_of_its_section(name: str) -> None:
    blocks = re.findall(r"^```\n(.*?)^```", section(read("docs/cli.md"), f"pivotr {name}"), re.M | re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    wanted = [line.partition("   #")[0].rstrip() for line in lines if line.startswith(f"pivotr {name}")]
    shown = (COMMANDS[name].epilog or "").split("\n")[2:]
    assert [line.strip() for line in shown] == list(dict.fromkeys(wanted))


def test_every_option_has_a_help() -> None:
    bare = [
        f"pivotr {name} {option}"
        for name, command in COMMANDS.items()
        for option, text in options(command)
        if not text
    ]
    assert not bare


def test_no_section_is_left_of_a_command_that_is_gone() -> None:
    titles = re.findall(r"^#{2,3} pivotr ([a-z -]+)$", read("docs/cli.md"), re.MULTILINE)
    assert set(titles) == {*COMMANDS, *(name.split()[0] for name in COMMANDS)}


def shown_commands(path: Path) -> Iterator[str]:
    """The lines of a document's code blocks that call the program."""
    for block in re.findall(
        r"^ *```\w*\n(.*?)^ *```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    ):
        for line in block.splitlines():
            if line.strip().startswith("pivotr "):
                yield line.partition("   #")[0].strip()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_a_document_shows_exists(path: Path) -> None:
    for line in shown_commands(path):
        words = shlex.split(line)[1:]
        if words[0].startswith("-"):
            assert words[0] in SHARED, line
            continue
        heads = (" ".join(words[:count]) for count in (3, 1, 2))
        name = next((head for head in heads if head in COMMANDS), " ".join(words[:2]))
        assert name in COMMANDS, f"{path.name}: {line}"
        known = {option for option, _ in options(COMMANDS[name])} | SHARED
        assert {word for word in words if re.match(r"--?[a-z]", word)} <= known, f"{path.name}: {line}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_within_the_project_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (path.parent / target).exists(), f"{path.name} links to {target}, which is not there"


def test_the_data_model_names_every_table_key_index_and_counter() -> None:
    text = read("docs/data-model.md")
    for table in TABLES:
        about = section(text, table.name)
        assert about, f"docs/data-model.md has no section “{table.name}”"
        keys = {table.partition, *([table.sort] if table.sort else [])}
        assert all(f"`{key}`" in about for key in keys), f"keys of {table.name}"
        for index in table.indexes:
            assert f"`{index.name}`" in about, f"{index.name} of {table.name}"
            assert all(f"`{key}`" in about for key in (index.partition, index.sort) if key), index.name
    for counter in (*metrics.KINDS, *metrics.GAUGES):
        assert f"`{counter}`" in text, f"counter {counter}"


def test_the_settings_name_every_key_field_variable_and_default() -> None:
    text = read("docs/settings.md")
    rows = {row.split("|")[1].strip().strip("`"): row for row in text.splitlines() if row.startswith("| `")}
    for key, known in PREFERENCES.items():
        default = (
            {True: "yes", False: "no"}.get(known.default, known.default)
            if known.kind == "bool"
            else known.default
        )
        assert key in rows, key
        assert f"`{default}`" in rows[key] or (default == "" and "empty" in rows[key]), f"{key}: {default}"
    for field, known_field in settings.Settings.model_fields.items():
        assert field in rows, field
        assert settings.variable(field) in rows[field], field
        shown = known_field.default
        assert f"`{shown}`" in rows[field] or (shown in ("", ()) and "empty" in rows[field]), (
            f"{field}: {shown}"
        )
    for variable in (*settings.GUIDE_VARIABLES, *settings.SECRET_VARIABLES):
        assert f"`{variable}`" in text, variable


def test_the_example_of_a_dotenv_file_names_every_variable() -> None:
    text = read(".env.example")
    known = {settings.variable(field) for field in settings.Settings.model_fields}
    known |= {*settings.GUIDE_VARIABLES, *settings.SECRET_VARIABLES, names.ENV_HOME, names.ENV_ENVIRONMENT}
    shown = set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))
    assert known <= shown, known - shown


def test_the_readme_is_short() -> None:
    assert len(read("README.md").splitlines()) <= 200


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_test_that_a_document_names_exists(path: Path) -> None:
    for file, name in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", path.read_text(encoding="utf-8")):
        source = ROOT / file
        assert source.exists(), f"{path.name} names {file}"
        assert not name or f"def {name}(" in source.read_text(encoding="utf-8"), (
            f"{path.name} names {file}::{name}"
        )


def test_every_test_of_the_typescript_client_that_a_document_names_exists() -> None:
    named = re.findall(r"`(clients/[\w/]+\.test\.ts)::([^`]+)`", read("docs/guide.md"))
    assert named
    for file, title in named:
        assert f'it("{title}"' in read(file), f"{file}::{title}"


def rows_of_the_guide() -> list[list[str]]:
    """The cells of every row of those tables of docs/guide.md that answer the founding guide."""
    rows: list[list[str]] = []
    is_answer = False
    for line in read("docs/guide.md").splitlines():
        if not line.startswith("|"):
            is_answer = False
        elif line.startswith("| Guide |"):
            is_answer = True
        elif is_answer and line.startswith("| "):
            rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


def test_every_line_of_the_guide_has_an_answer_and_a_test_by_name() -> None:
    rows = rows_of_the_guide()
    assert len(rows) > 140
    for row in rows:
        assert len(row) == 3, row
        assert all(row), row
        assert not row[1].startswith("open"), row
        assert row[2] == "the same" or re.search(r"`(tests|clients)/[\w/]+\.(py|test\.ts)::[^`]+`", row[2]), (
            row
        )


def test_every_line_of_the_founding_guide_is_there() -> None:
    numbers = {row[0].split()[0] for row in rows_of_the_guide() if row[0][0].isdigit()}
    assert {f"{phase}." for phase in range(1, 10)} == {number[:2] for number in numbers}


def test_nothing_of_the_service_that_the_guide_leaves_is_here() -> None:
    places = [*(ROOT / "pivotr").rglob("*.py"), *(ROOT / "clients/typescript/src").rglob("*.ts"),
              ROOT / "clients/typescript/package.json", *(ROOT / "requirements").glob("*.txt")]  # fmt: skip
    assert len(places) > 400
    for path in places:
        assert "appwrite" not in path.read_text(encoding="utf-8").lower(), path.name
