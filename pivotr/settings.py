"""One frozen Settings: what a deployment needs to know before anything is read from its tables.

Sources, the first that speaks wins: flag → variable of the environment (`PIVOTR_…`, then the founding guide's
names) → `.env` → `pivotr.toml` → default. Secrets are never part of it: they are resolved by the adapters.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from pivotr.errors import Misconfigured, plainly
from pivotr.names import ENV_PREFIX, ENVIRONMENTS

#: Variables of the founding guide that are not secrets → field.
GUIDE_VARIABLES = {
    "AWS_SES_REGION": "region",
    "CDK_DEFAULT_REGION": "region",
    "AWS_SES_CONFIGURATION_SET": "configuration_set",
    "AWS_SQS_QUEUE_URL": "feedback_queue_url",
    "AWS_SQS_REGION": "feedback_region",
    "AWS_SES_FROM_EMAIL": "identities",
    "CDK_DEFAULT_ACCOUNT": "account",
}
#: Variables that hold secrets on a laptop; read where they are used and never kept in Settings.
SECRET_VARIABLES = (
    "MYEMAILVERIFIER_API_KEY",
    "PIVOTR_SMTP_PASSWORD",
    "PIVOTR_IMAP_PASSWORD",
    "PIVOTR_API_TOKEN",
    "AWS_SES_ACCESS_KEY_ID",
    "AWS_SES_SECRET_ACCESS_KEY",
)

_ENVIRONMENTS = f"Use one of: {', '.join(ENVIRONMENTS)}."
_SEE = "All names: docs/settings.md"
_ASSIGNMENT = re.compile(
    r"""\s*(?:export\s+)?(?P<name>\w+)\s*=\s*"""
    r"""(?P<value>(?P<quote>["']).*(?P=quote)|[^"'].*?|)(?:\s+\#.*|\s*)""",
)

#: Several values in one variable, parted by commas or blanks.
Words: TypeAlias = Annotated[
    tuple[str, ...],
    BeforeValidator(
        lambda given: tuple(given.replace(",", " ").split()) if isinstance(given, str) else given
    ),
]


def _account(given: str) -> str:
    if given and not re.fullmatch("[0-9]{12}", given):
        raise ValueError("an account of AWS has twelve digits")
    return given


class Settings(BaseModel):
    """Configuration of one environment. `home` holds the data of `local`: file, outbox, keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    env: Literal["local", "sandbox", "dev", "production"] = "local"
    home: Path = Path("~/.local/share/pivotr")
    region: str = "ap-south-1"
    mailer: Literal["outbox", "smtp", "ses"] = "outbox"
    verifier: Literal["syntax", "myemailverifier"] = "syntax"
    verifier_url: str = ""
    public_url: str = ""
    configuration_set: str = ""
    feedback_queue_url: str = ""
    feedback_region: str = ""
    create_feedback: bool = False
    account: Annotated[str, AfterValidator(_account)] = ""
    identities: Words = ()
    endpoint_url: str = ""
    alert_email: str = ""
    monthly_budget: float = Field(default=15.0, gt=0)
    reserved_concurrency: bool = True
    log_retention_days: int = Field(default=30, ge=1, le=3653)
    api_auth: Literal["", "none", "iam", "jwt"] = ""
    api_origins: Words = ()
    api_admins: Words = ()
    api_operators: Words = ()
    jwt_issuer: str = ""
    jwt_audience: Words = ()
    api_url: str = ""
    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_username: str = ""
    mailbox: Literal["", "imap", "maildir"] = ""
    mailbox_host: str = ""
    mailbox_port: int = Field(default=993, ge=1, le=65535)
    mailbox_security: Literal["tls", "starttls", "none"] = "tls"
    mailbox_username: str = ""
    mailbox_login: Literal["password", "xoauth2"] = "password"
    mailbox_folder: str = "INBOX"
    mailbox_path: str = ""
    notify_command: str = ""
    alarm_topic: str = ""
    outbox_bounce_share: float = Field(default=0.0, ge=0, le=1)
    outbox_complaint_share: float = Field(default=0.0, ge=0, le=1)

    @field_validator("api_origins")
    @classmethod
    def _as_origins(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(origin(one) for one in given)

    @field_validator("api_url")
    @classmethod
    def _as_address(cls, given: str) -> str:
        if given and not re.fullmatch(r"https?://\S+", given):
            raise ValueError("it must begin with https:// or http://")
        return given

    @model_validator(mode="before")
    @classmethod
    def _on_aws(cls, given: dict[str, Any]) -> dict[str, Any]:
        """An account of AWS sends through SES and asks the paid verifier, unless somebody says otherwise.

        A rehearsal on the emulator costs no credits.
        """
        env = given.get("env", "local")
        if env == "local":
            return given
        verifier = {} if env == "sandbox" else {"verifier": "myemailverifier"}
        return {"mailer": "ses", **verifier, **given}

    @property
    def data_file(self) -> Path:
        """The one file of the embedded environment."""
        return self.home / "pivotr.db"

    @property
    def outbox(self) -> Path:
        """The Maildir that the embedded environment sends into."""
        return self.home / "outbox"


def origin(text: str) -> str:
    """An origin as browsers name it: scheme, host and port alone. Raises ValueError."""
    found = text.strip().lower().removesuffix("/")
    if not re.fullmatch(r"https?://[a-z0-9.\-\[\]:]+", found):
        raise ValueError(f"“{text}” is no origin, such as https://console.acme.example")
    return found


def variable(field: str) -> str:
    """The name of the variable that sets a field: `PIVOTR_HOME` for `home`."""
    return ENV_PREFIX + field.upper()


def to_env(settings: Settings) -> dict[str, str]:
    """All fields as variables; `from_env` of the result gives the same settings."""
    values = settings.model_dump(mode="json")
    return {variable(field): _written(value) for field, value in values.items() if value not in ("", [])}


def _written(value: Any) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)


def from_env(environ: Mapping[str, str]) -> Settings:
    """Settings from variables alone."""
    return _checked(_of_variables(environ))


def load(
    environ: Mapping[str, str], *, flags: Mapping[str, Any] | None = None, folder: Path = Path()
) -> Settings:
    """Settings from all sources; `folder` is where `.env` and `pivotr.toml` lie. Raises Misconfigured."""
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    variables = {**read_dotenv(folder / ".env"), **environ}
    own = _of_variables(variables)
    name = str(given.get("env") or own.get("env") or "local")
    values = {**_of_toml(folder / "pivotr.toml", name), **own, **given}
    return _checked(values)


def origins(
    environ: Mapping[str, str], *, flags: Mapping[str, Any] | None = None, folder: Path = Path()
) -> dict[str, str]:
    """Field → where `load` takes it from: `flag`, `environment`, `.env`, `pivotr.toml` or `default`."""
    given = {name for name, value in (flags or {}).items() if value is not None}
    own, dotenv = _of_variables(environ), _of_variables(read_dotenv(folder / ".env"))
    toml = _of_toml(folder / "pivotr.toml", load(environ, flags=flags, folder=folder).env)
    homes = (("flag", given), ("environment", own), (".env", dotenv), ("pivotr.toml", toml))
    return {
        field: next((name for name, home in homes if field in home), "default")
        for field in Settings.model_fields
    }


def read_dotenv(path: Path) -> dict[str, str]:
    """Variables of a `.env` file: `NAME=value` lines, `#` comments, optional quotes and `export`.

    Lines for other programs are passed over. One of ours that is not understood or read is refused.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} cannot be read: {error}", hint="Mend or remove the file.") from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        match = _ASSIGNMENT.fullmatch(line)
        if match is None:
            if line.strip().removeprefix("export ").startswith((ENV_PREFIX, *SECRET_VARIABLES)):
                raise Misconfigured(f"{path}, line {number}, is not NAME=value.", hint="Mend the line.")
            continue
        name, value = match["name"], match["value"]
        if name.startswith(ENV_PREFIX) and name not in _variables():
            near = _meant(name, _variables())
            raise Misconfigured(f"{path}, line {number}: nothing reads {name}.{near}", hint=_SEE)
        found[name] = value[1:-1] if match["quote"] else value
    return found


def _variables() -> list[str]:
    return [*map(variable, Settings.model_fields), *SECRET_VARIABLES]


def _meant(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, known, n=1)
    return f" Did you mean {near[0]}?" if near else ""


def _of_variables(environ: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for guide_name, field in reversed(GUIDE_VARIABLES.items()):
        if environ.get(guide_name):
            values[field] = environ[guide_name]
    for field in Settings.model_fields:
        if environ.get(variable(field)):
            values[field] = environ[variable(field)]
    return values


def _of_toml(path: Path, environment: str) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured(f"{path} cannot be read: {error}", hint="Mend or remove the file.") from None
    sections = document.pop("env", {})
    if document or not isinstance(sections, dict):
        stray = next(iter(document), "env")
        raise Misconfigured(
            f"“{stray}” in {path} is not read.", hint=f"Write what you set under [env.{environment}]."
        )
    for name, section in sections.items():
        if name not in ENVIRONMENTS or not isinstance(section, dict):
            raise Misconfigured(f"[env.{name}] in {path} is no table of an environment.", hint=_ENVIRONMENTS)
        for field in section:
            if field not in Settings.model_fields:
                near = _meant(field, Settings.model_fields)
                raise Misconfigured(f"There is no setting {field}: [env.{name}] in {path}.{near}", hint=_SEE)
    return dict(sections.get(environment, {}))


def _checked(values: dict[str, Any]) -> Settings:
    if values.get("env", "local") not in ENVIRONMENTS:
        raise Misconfigured(f"There is no environment “{values['env']}”.", hint=_ENVIRONMENTS)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise Misconfigured(
            f"The setting {field} is wrong: {plainly(first['msg'])}.",
            hint=f"Set it with {variable(field)} or in pivotr.toml.",
        ) from None
    return settings.model_copy(update={"home": settings.home.expanduser().absolute()})
