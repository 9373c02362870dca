"""What a study's ``chatham.toml`` says, and the environment its tools run in."""

import json
import os
import re
import shutil
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from schemas.errors import BadInput, DiskFull, UsageError
from schemas.policy import Policy
from schemas.recording import zone_of

CONFIG_NAME = "chatham.toml"
GLINER = "gliner"
ROOM_BYTES = 32 * 2**20
"""Room that a run needs to begin: Prefect's records take 5 MiB, and a small data set less."""

_TEMPLATE = """\
# This study's settings. No secrets and no names of participants belong here.
title = {title}
approvals = {approvals}          # research ethics board approval numbers
languages = {languages}          # languages spoken; English and French have name models of their own
timezone = {timezone}            # local day of sessions for which only a date is known

[models]
whisper = "base"                 # any faster-whisper model name, or a folder; fixed per session once it is transcribed

[models.names]                   # larger name models: en = "package or /folder", fr = ..., gliner = "/folder"

[policy]
host_organisations = {hosts}          # host organisations identify nobody
shared_employer = 5              # an employer of at least so many participants identifies nobody
dates = "tag"                    # dates of protected people: "tag" hides them; "month" or "year" says them so exactly
ages = "tag"                     # their ages: "tag" hides them; "decade" says "in their forties"

[policy.generalise]              # "the Riverton flood" = "a natural disaster", where somebody is protected

[policy.public_figures]          # "Name" = "why this name may stay"

[policy.public_works]            # "Title or citation" = "why this is no mention of a participant"

[retention]
destroy_after_days = 7           # from "use stopped" to "destroyed"; at most 31
never_asked_days = 30            # speech of people who were never asked
take_down_days = 14              # to recall copies and take down what was published, once somebody has asked

[register]
max_anchor_age_days = 31         # how old the newest outside seal may be before checks of the register complain

[contact]                        # printed on receipts
name = ""                        # whom participants call
phone = ""                       # their telephone
email = ""                       # their e-mail
"""


@dataclass(frozen=True)
class StudyContact:
    """Whom participants call; what is not given is empty."""

    name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class StudyConfig:
    """The settings of one study, checked.

    ``destroy_after_days``, ``never_asked_days``, ``take_down_days`` and ``max_anchor_age_days`` are whole days;
    ``timezone`` is an IANA name.
    """

    title: str
    approvals: tuple[str, ...]
    languages: tuple[str, ...] = ("en",)
    timezone: str = "UTC"
    whisper: str = "base"
    names: tuple[tuple[str, str], ...] = ()
    """Name models in place of the packaged ones: (language or ``gliner``, package or whole path of a folder)."""
    policy: Policy = field(default_factory=Policy)
    destroy_after_days: int = 7
    never_asked_days: int = 30
    take_down_days: int = 14
    max_anchor_age_days: int = 31
    contact: StudyContact = field(default_factory=StudyContact)


def write_config(
    folder: Path,
    *,
    title: str,
    approvals: tuple[str, ...],
    languages: tuple[str, ...],
    timezone: str | None = None,
    host_organisations: tuple[str, ...] = (),
) -> None:
    """Write a new study's ``chatham.toml``, with a comment on every line that a person may want to change.

    Args:
        timezone: IANA name; None: the machine's own.
    """
    text = _TEMPLATE.format(
        title=_toml(title),
        approvals=_toml(list(approvals)),
        languages=_toml(list(languages)),
        timezone=_toml(timezone or _zone()),
        hosts=_toml(list(host_organisations)),
    )
    (folder / CONFIG_NAME).write_text(text, encoding="utf-8")


def _toml(value: str | list[str]) -> str:
    """A TOML string or array of strings; JSON's escapes are TOML's."""
    return json.dumps(value, ensure_ascii=False)


def _zone() -> str:
    """The machine's own time zone, as an IANA name where that can be told, else UTC."""
    from_env = os.environ.get("TZ", "").lstrip(":")
    link = Path("/etc/localtime")
    from_link = str(link.resolve()).partition("zoneinfo/")[2] if link.exists() else ""
    return next((name for name in (from_env, from_link) if name and zone_of(name)), "UTC")


def read_config(folder: Path) -> StudyConfig:
    """Read and check ``chatham.toml``.

    Raises:
        UsageError: ``folder`` holds no study.
        BadInput: the file is no TOML, or a setting has the wrong form.
    """
    path = folder / CONFIG_NAME
    if not path.is_file():
        raise UsageError(
            "this folder is no Chatham study: it has no chatham.toml",
            hint="Name a study with --study DIR or CHATHAM_STUDY, or make one: chatham init DIR.",
        )
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return _checked(data)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"chatham.toml cannot be read: {error}", hint="Mend that line and run again.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = " ".join(["[policy]", ".".join(str(part) for part in first["loc"])]).strip()
        raise BadInput(
            f"chatham.toml: {where} is not what it should be ({first['msg'].removeprefix('Value error, ')})",
            hint="Mend that setting; docs/reference/settings.md lists them all.",
        ) from None
    except UnicodeDecodeError:
        raise BadInput("chatham.toml is no text in UTF-8", hint="Save it as UTF-8 and run again.") from None
    except (TypeError, ValueError) as error:
        raise BadInput(
            f"chatham.toml: a setting is missing or has the wrong form ({error})",
            hint="Mend that setting; docs/reference/settings.md lists them all.",
        ) from None


def _checked(data: dict[str, object]) -> StudyConfig:
    tables = {"models", "policy", "retention", "register", "contact"}
    _refuse_unknown(data, {"title", "approvals", "languages", "timezone", *tables})
    timezone = str(data.get("timezone", "UTC"))
    if zone_of(timezone) is None:
        raise ValueError(f"timezone {timezone!r} is no IANA time zone such as Pacific/Auckland")
    models, retention = _table(data, "models"), _table(data, "retention")
    register, contact = _table(data, "register"), _table(data, "contact")
    _refuse_unknown(models, {"whisper", "names"})
    _refuse_unknown(register, {"max_anchor_age_days"})
    _refuse_unknown(contact, {"name", "phone", "email"})
    _refuse_unknown(retention, {"destroy_after_days", "never_asked_days", "take_down_days"})
    if not isinstance(data.get("title"), str):
        raise ValueError('title is missing, or is no text in "quotation marks"')
    return StudyConfig(
        title=str(data["title"]),
        approvals=_strings(data.get("approvals", [])),
        languages=_languages(data.get("languages", ["en"])),
        timezone=timezone,
        whisper=str(models.get("whisper", "base")),
        names=_name_models(models),
        policy=Policy.model_validate(_table(data, "policy")),
        destroy_after_days=_days("retention", retention, "destroy_after_days", 7, most=31),
        never_asked_days=_days("retention", retention, "never_asked_days", 30, most=365),
        take_down_days=_days("retention", retention, "take_down_days", 14, most=365),
        max_anchor_age_days=_days("register", register, "max_anchor_age_days", 31, most=3650),
        contact=StudyContact(**{name: _text(contact, name) for name in contact}),
    )


def _refuse_unknown(table: dict[str, object], known: set[str]) -> None:
    if unknown := sorted(set(table) - known):
        raise ValueError(f"there is no setting called {unknown[0]}")


def _days(place: str, table: dict[str, object], name: str, default: int, *, most: int) -> int:
    days = table.get(name, default)
    if isinstance(days, bool) or not isinstance(days, int) or not 0 <= days <= most:
        raise ValueError(f"{place}.{name} must be a whole number from 0 to {most}")
    return days


def _table(data: dict[str, object], name: str) -> dict[str, object]:
    table = data.get(name, {})
    if not isinstance(table, dict):
        raise TypeError(f"{name} must be a table, [{name}]")
    return table


def _text(table: dict[str, object], name: str) -> str:
    value = table[name]
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError(f"contact.{name} must be one line of text")
    return value


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError("approvals and languages must be lists of strings")
    return tuple(value)


def _languages(value: object) -> tuple[str, ...]:
    codes = _strings(value)
    if wrong := [code for code in codes if not is_language_code(code)]:
        raise ValueError(f"languages: {wrong[0]!r} is no language code such as en or fr")
    return codes


def _name_models(models: dict[str, object]) -> tuple[tuple[str, str], ...]:
    table = models.get("names", {})
    if not isinstance(table, dict):
        raise TypeError("models.names must be a table, [models.names]")
    return tuple(sorted((str(kind), _name_model(str(kind), model)) for kind, model in table.items()))


def _name_model(kind: str, model: object) -> str:
    if kind != GLINER and (kind == "mul" or not is_language_code(kind)):
        raise ValueError(f"models.names: {kind!r} is neither the code of one language, such as en, nor gliner")
    if not isinstance(model, str) or not model.strip() or not model.isprintable():
        raise ValueError(f"models.names.{kind} must be the name of a package or the path of a folder")
    in_folder = kind == GLINER or "/" in model or "\\" in model
    if in_folder and not Path(model).is_absolute():
        raise ValueError(f"models.names.{kind} must be the whole path of a folder, from the root on")
    return model


def is_language_code(text: str) -> bool:
    """Whether ``text`` has the form of an ISO 639 code: two or three small letters."""
    return re.fullmatch(r"[a-z]{2,3}", text) is not None


def language_code(text: str) -> str:
    """A language as typed, checked.

    Args:
        text: ISO 639 code of two or three letters (``en``, ``mi``); ``mul`` is several languages.
    Raises:
        UsageError: it is none.
    """
    if not is_language_code(text):
        raise UsageError("--language is no language code", hint="Write two or three small letters, such as en or fr.")
    return text


def prepare_prefect(study: Path) -> None:
    """Set Prefect's environment, before its first import: its home in the study, nothing sent anywhere.

    A server that ``PREFECT_API_URL`` names is used; otherwise Prefect starts its own for the run. Parameters, log
    lines and exception texts would all end up in Prefect's database, so its own log never goes there either.

    Raises:
        DiskFull: there is no room for Prefect's own records; its server would not say so for three minutes.
    """
    if shutil.disk_usage(study).free < ROOM_BYTES:
        raise DiskFull(
            f"the disk is full: less than {ROOM_BYTES // 2**20} MiB are free, so the run was not begun",
            hint="Make room on the disk that holds the study, then run again.",
        )
    os.environ.update(
        PREFECT_HOME=str(study / ".prefect"),
        PREFECT_SERVER_ANALYTICS_ENABLED="false",
        DO_NOT_TRACK="1",
        PREFECT_LOGGING_TO_API_ENABLED="false",
        PREFECT_LOGGING_LEVEL="CRITICAL",
        PREFECT_SERVER_LOGGING_LEVEL="CRITICAL",
        PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS="180",
        PREFECT_RESULTS_PERSIST_BY_DEFAULT="false",
    )


def utc_now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)
