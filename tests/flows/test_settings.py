"""A study's settings: what is written is read back, and every mistake is told by its setting."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.settings import language_code, prepare_prefect, read_config, write_config
from schemas.errors import BadInput, DiskFull, UsageError

BASE = 'title = "T"\napprovals = ["H1"]\n'


def written(folder: Path, text: str) -> Path:
    (folder / "chatham.toml").write_text(text, encoding="utf-8")
    return folder


TITLES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)


@given(title=TITLES, approval=st.text("Hh0-9 \"'\\é", max_size=20))
def test_whatever_title_was_typed_is_read_back(
    title: str, approval: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    write_config(folder, title=title, approvals=(approval,), languages=("en", "fr"), timezone="Europe/Paris")
    config = read_config(folder)
    assert (config.title, config.approvals, config.languages) == (title, (approval,), ("en", "fr"))
    assert (config.timezone, config.whisper, config.destroy_after_days) == ("Europe/Paris", "base", 7)


def test_every_setting_of_a_new_file_is_explained_beside_it(tmp_path: Path) -> None:
    write_config(tmp_path, title="T", approvals=("H1",), languages=("en",), host_organisations=("A University",))
    assert read_config(tmp_path).policy.host_organisations == ("A University",)
    settings = [line for line in (tmp_path / "chatham.toml").read_text().splitlines() if " = " in line]
    assert [line for line in settings if " # " not in line and not line.startswith(("title", "#"))] == []


def test_the_machines_own_zone_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    write_config(tmp_path, title="T", approvals=(), languages=("en",))
    assert read_config(tmp_path).timezone == "Pacific/Auckland"


def test_settings_left_out_have_sane_values(tmp_path: Path) -> None:
    config = read_config(written(tmp_path, BASE))
    assert (config.languages, config.timezone, config.whisper, config.never_asked_days) == (("en",), "UTC", "base", 30)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("title = \n", "cannot be read: .*line 1"),
        ("approvals = []\n", "title is missing"),
        ("title = 7\n", "title is missing, or is no text"),
        (BASE + 'colour = "red"\n', "there is no setting called colour"),
        (BASE + '[models]\nwisper = "base"\n', "there is no setting called wisper"),
        (BASE + "[retention]\ndestroy_after_day = 3\n", "there is no setting called destroy_after_day"),
        (BASE + "[retention]\ndestroy_after_days = 32\n", "whole number from 0 to 31"),
        (BASE + "[retention]\ndestroy_after_days = -1\n", "whole number from 0 to 31"),
        (BASE + "[retention]\ndestroy_after_days = 1.5\n", "whole number from 0 to 31"),
        (BASE + "[retention]\ndestroy_after_days = true\n", "whole number from 0 to 31"),
        (BASE + '[retention]\nnever_asked_days = "soon"\n', "retention.never_asked_days must be a whole number"),
        (BASE + 'timezone = "Mars/Olympus"\n', "no IANA time zone"),
        (BASE + 'timezone = "+13:00"\n', "no IANA time zone"),
        (BASE + 'languages = "en"\n', "lists of strings"),
        (BASE + 'languages = ["English"]\n', "languages: 'English' is no language code such as en or fr"),
        (BASE + 'languages = ["fr-CA"]\n', "languages: 'fr-CA' is no language code"),
        (BASE + "models = 3\n", r"models must be a table, \[models\]"),
        (
            BASE + '[policy]\ndates = "week"\n',
            r"\[policy\] dates is not what .*'tag', 'month' or 'year'",
        ),
        (BASE + "[policy]\nages = 10\n", r"\[policy\] ages is not what it should be"),
        (BASE + '[policy]\ngeneralise = "x"\n', r"\[policy\] generalise is not what it should be \(must be a table"),
        (
            BASE + '[policy.generalise]\n"a" = "[b]"\n',
            r"\[policy\] generalise is not .* \(entry 1: the wording must be",
        ),
        (
            BASE + '[policy.generalise]\n"a" = "b"\n"A" = "c"\n',
            r"\[policy\] is not .*generalise: entry 2 is the same",
        ),
        (BASE + '[models]\nnames = "en_core_web_trf"\n', r"models.names must be a table, \[models.names\]"),
        (BASE + '[models.names]\nenglish = "x"\n', "models.names: 'english' is neither the code of one language"),
        (BASE + '[models.names]\nmul = "x"\n', "models.names: 'mul' is neither the code of one language"),
        (BASE + "[models.names]\nen = 3\n", "models.names.en must be the name of a package or the path of a folder"),
        (BASE + '[models.names]\nen = " "\n', "models.names.en must be the name of a package"),
        (BASE + '[models.names]\nen = "./mine"\n', "models.names.en must be the whole path of a folder"),
        (BASE + '[models.names]\ngliner = "urchade/pii"\n', "models.names.gliner must be the whole path of a folder"),
        (BASE + '[models.names]\ngliner = "pii"\n', "models.names.gliner must be the whole path of a folder"),
        (BASE + '[policy]\nshared_employer = "many"\n', r"\[policy\] shared_employer is not what it should be"),
        (BASE + "[policy]\nunknown_thing = 1\n", r"\[policy\] unknown_thing is not what it should be"),
    ],
)
def test_a_mistake_in_the_settings_is_told_by_its_setting(text: str, wrong: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=f"^chatham.toml.*{wrong}") as caught:
        read_config(written(tmp_path, text))
    assert "Mend" in caught.value.hint


def test_name_models_are_read_by_language(tmp_path: Path) -> None:
    text = '[models.names]\nfr = "/srv/models/own"\nen = "en_core_web_trf"\ngliner = "/srv/models/pii"\n'
    config = read_config(written(tmp_path, BASE + text))
    assert config.names == (("en", "en_core_web_trf"), ("fr", "/srv/models/own"), ("gliner", "/srv/models/pii"))
    assert read_config(written(tmp_path, BASE)).names == ()


def test_settings_that_are_no_utf_8_are_told(tmp_path: Path) -> None:
    (tmp_path / "chatham.toml").write_bytes(b'title = "\xe9t\xe9"\n')
    with pytest.raises(BadInput, match="no text in UTF-8"):
        read_config(tmp_path)


def test_a_folder_without_settings_is_no_study(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no Chatham study"):
        read_config(tmp_path)


@pytest.mark.parametrize("text", ["en", "fr", "mi", "mul", "eng"])
def test_a_language_code_passes(text: str) -> None:
    assert language_code(text) == text


@pytest.mark.parametrize("text", ["", "e", "EN", "English", "en-NZ", "en\n", "e1"])
def test_what_is_no_language_code_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no language code"):
        language_code(text)


def test_prefect_is_kept_inside_the_study_and_tells_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if re.match("PREFECT_|DO_NOT_TRACK", name)]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("os.environ", dict(os.environ))
    prepare_prefect(tmp_path)
    assert os.environ["PREFECT_HOME"] == str(tmp_path / ".prefect")
    assert os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert os.environ["PREFECT_LOGGING_TO_API_ENABLED"] == "false"
    assert os.environ["PREFECT_RESULTS_PERSIST_BY_DEFAULT"] == "false"


def test_a_run_is_not_begun_on_a_disk_without_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 5 * 2**20})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    monkeypatch.setattr("os.environ", dict(os.environ))
    with pytest.raises(DiskFull, match="less than 32 MiB are free"):
        prepare_prefect(tmp_path)
