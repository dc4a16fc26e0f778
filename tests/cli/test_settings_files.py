"""`.env` and `pivotr.toml`: what is written there is understood or refused, never passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("text", "sentence", "hint"),
    [
        ('env = "local"\n', "“env” in pivotr.toml is not read.", "Write what you set under [env.local]."),
        ('[local]\nmailer = "smtp"\n', "“local” in pivotr.toml is not read.",
         "Write what you set under [env.local]."),
        ("mailer = 1\n", "“mailer” in pivotr.toml is not read.", "Write what you set under [env.local]."),
        ("[env.lokal]\n", "[env.lokal] in pivotr.toml is no table of an environment.",
         "Use one of: local, sandbox, dev, production."),
        ("[env]\nlocal = 1\n", "[env.local] in pivotr.toml is no table of an environment.",
         "Use one of: local, sandbox, dev, production."),
        ('[env.dev]\nmailr = "ses"\n',
         "There is no setting mailr: [env.dev] in pivotr.toml. Did you mean mailer?",
         "All names: docs/settings.md"),
    ],
)  # fmt: skip
def test_what_pivotr_toml_says_in_vain_is_refused(
    pivotr: Run, tmp_path: Path, text: str, sentence: str, hint: str
) -> None:
    (tmp_path / "pivotr.toml").write_text(text, encoding="utf-8")
    ended = pivotr("settings", "get", "account.cap")
    assert (ended.code, ended.out, ended.err) == (7, "", f"{sentence}\n→ {hint}\n")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("\nPIVOTR_MAILER smtp\n", ".env, line 2, is not NAME=value."),
        ('PIVOTR_SMTP_USERNAME="sales\n', ".env, line 1, is not NAME=value."),
        ("PIVOTR_MAILR=smtp\n", ".env, line 1: nothing reads PIVOTR_MAILR. Did you mean PIVOTR_MAILER?"),
    ],
)
def test_what_a_dotenv_file_says_in_vain_is_refused(
    pivotr: Run, tmp_path: Path, text: str, sentence: str
) -> None:
    (tmp_path / ".env").write_text(text, encoding="utf-8")
    ended = pivotr("settings", "get", "account.cap")
    assert (ended.code, ended.out) == (7, "")
    assert ended.err.startswith(f"{sentence}\n→ ")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("PIVOTR_SMTP_USERNAME=sales", "sales"),
        ("  export PIVOTR_SMTP_USERNAME = sales ", "sales"),
        ('export PIVOTR_SMTP_USERNAME="sales"  # of the shop', "sales"),
        ("PIVOTR_SMTP_USERNAME=sales # of the shop", "sales"),
        ("PIVOTR_SMTP_USERNAME=sales#1", "sales#1"),
        ("PIVOTR_SMTP_USERNAME='sales # 1'", "sales # 1"),
        ('PIVOTR_SMTP_USERNAME=""', ""),
    ],
)
def test_values_of_a_dotenv_file(pivotr: Run, tmp_path: Path, line: str, value: str) -> None:
    foreign = '# mine\n\nDATABASE_URL=x\nA LETTER\nKEY="-----BEGIN\nabc\n-----END"\n'
    (tmp_path / ".env").write_text(f"{foreign}{line}\n", encoding="utf-8")
    ended = pivotr("settings", "get", "smtp_username")
    assert (ended.code, ended.out) == (0, f"{value}\n")


def test_the_example_of_a_dotenv_file_is_understood_line_by_line(pivotr: Run, tmp_path: Path) -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    shown = [line.removeprefix("# ") for line in lines if line.startswith("# PIVOTR_")]
    assert len(shown) > 30
    empty = [line.partition("=")[0] + "=" for line in shown]
    (tmp_path / ".env").write_text("\n".join(empty), encoding="utf-8")
    assert pivotr("settings", "get", "account.cap").out == "300\n"
