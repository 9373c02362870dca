"""The name models that a study's settings or a command name are the ones that are used, and are looked at first."""

import json
import shutil
from pathlib import Path

import pytest

from deidentification.recognizers.ner import find_model
from flows import run as running
from flows import steps
from flows.doctor import Finding, examine
from flows.name_models import chosen_models, told_without_model
from flows.progress import Progress
from flows.run import run_study
from flows.study import Study
from flows.worker import Worker
from schemas.errors import MissingTool, UsageError
from tests.flows.conftest import Chatham, open_as
from tests.flows.opening import QUIET, find_all, without_models
from transcription.models import Model

LINE = "There is no name model for 'mi': names are looked for by the roster, Rampart and patterns only."


def with_settings(study: Study, text: str, languages: str = '["en"]') -> Study:
    """The study under other settings, opened again."""
    path = study.folder / "chatham.toml"
    told = path.read_text("utf-8").replace('languages = ["en"]', f"languages = {languages}")
    path.write_text(told.replace("[models.names]", f"[models.names]\n{text}\n#"), "utf-8")
    return open_as(study.folder, "pi")


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many sessions each run that was begun had to tell; none is really told."""
    counts: list[int] = []
    monkeypatch.setattr(running, "_run_in_prefect", lambda _, untold: counts.append(len(untold)))
    return counts


@pytest.fixture
def small_speech_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transcription.models.find_model", lambda name="base": Model(name, Path("models"), "ab" * 32))


# ---------------------------------------------------------------- languages without a model


def test_a_run_says_once_for_which_languages_nobody_made_a_model(
    study: Study, begun: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    run_study(with_settings(study, "", '["en", "mi", "fr"]'), [], Progress())
    told = capsys.readouterr().err.splitlines()
    assert [line for line in told if "name model" in line] == [LINE]
    assert begun == [1]


def test_a_run_in_english_and_french_says_nothing_of_models(
    study: Study, begun: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    run_study(with_settings(study, "", '["en", "fr"]'), [], Progress())
    assert "name model" not in capsys.readouterr().err


def test_a_chosen_model_makes_a_language_one_that_has_one() -> None:
    assert told_without_model(["mi", "en"], ()) == [LINE]
    assert told_without_model(["mi", "en"], (("mi", "xx_ent_wiki_sm"),)) == []
    assert told_without_model(["mi", "en"], (("gliner", "/srv/models/gliner"),)) == []


@pytest.mark.models
def test_a_single_file_in_such_a_language_is_done_all_the_same_and_it_is_said(tmp_path: Path, chatham: Chatham) -> None:
    (tmp_path / "in.jsonl").write_text(json.dumps({"id": 1, "text": "Tuhia ki a ia: kuini@example.org."}) + "\n")
    said = chatham("deidentify", tmp_path / "in.jsonl", tmp_path / "out.jsonl", "--language", "mi", passphrase=None)
    assert (said.code, said.err.splitlines()) == (0, [LINE, "finding names"])
    assert json.loads((tmp_path / "out.jsonl").read_text())["text"].endswith("ki a ia: [CONTACT].")


# ---------------------------------------------------------------- models that were chosen


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model's folder: a copy of the small English one."""
    place = tmp_path_factory.mktemp("models") / "mine"
    shutil.copytree(find_model("en").folder, place)
    return place


@pytest.mark.models
def test_names_are_found_with_the_studys_own_model_and_again_when_its_files_change(
    study: Study, folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "mine")
    study = with_settings(study, f'en = "{tmp_path / "mine"}"')
    worker, store = Worker(study, QUIET), study.vault.session("S1")

    def find() -> str:
        steps.recogniser_versions.cache_clear()
        return steps.find_names(worker, store, "", steps.attribute(worker, store, ""))

    first = find()
    assert find() == first and worker.remade == {"S1": ["attribute", "names"]}
    weights = tmp_path / "mine" / "ner" / "moves"
    weights.write_bytes(weights.read_bytes() + b"\n")
    assert find() != first


def test_a_run_is_not_begun_without_a_model_that_was_chosen_and_what_stands_stays(
    study: Study, begun: list[int]
) -> None:
    study = with_settings(study, 'en = "/srv/models/nowhere"')
    study.research.write_bytes(b"the data set")
    with pytest.raises(MissingTool, match="the folder 'nowhere' of a name model is not on this machine") as caught:
        run_study(study, [], QUIET)
    assert caught.value.exit_code == 7
    assert (begun, study.research.read_bytes()) == ([], b"the data set")


def test_where_nothing_is_to_be_searched_no_model_is_needed(
    study: Study, begun: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_models(monkeypatch)
    monkeypatch.setattr("flows.plan.recogniser_versions", lambda *_: {"fake": "1"})
    study = with_settings(study, 'en = "/srv/models/nowhere"')
    find_all(study, "S1")
    run_study(study, [], QUIET)
    assert begun == [0]


def test_a_single_file_is_done_with_the_model_that_was_given(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chatham: Chatham
) -> None:
    seen: list[object] = []
    monkeypatch.setattr("deidentification.api.load_recognisers", lambda *given: seen.append(given))
    monkeypatch.setattr("deidentification.api.deidentify_lines", lambda lines, *_: iter(lines))
    (tmp_path / "in.jsonl").write_text('{"id": 1, "text": "yes"}\n')
    words = ("deidentify", tmp_path / "in.jsonl", tmp_path / "out.jsonl", "--language", "mi", "--names-model", folder)
    assert chatham(*words, passphrase=None).err == "finding names\n"
    assert seen == [(["mi"], (("mi", str(folder)),))]


@pytest.mark.models
def test_without_the_model_that_was_given_nothing_is_written(tmp_path: Path, chatham: Chatham) -> None:
    (tmp_path / "in.jsonl").write_text('{"id": 1, "text": "yes"}\n')
    words = ("deidentify", tmp_path / "in.jsonl", tmp_path / "out.jsonl", "--names-model", "en_core_web_trf")
    said = chatham(*words, passphrase=None)
    assert said.code == 7
    assert "the name model en_core_web_trf is not installed" in said.err and "bigger-models.md" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_a_folder_is_told_from_a_package_and_what_it_is_from_what_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pii").mkdir()
    (tmp_path / "pii" / "gliner_config.json").write_text("{}")
    (tmp_path / "own").mkdir()
    assert chosen_models("fr", ["pii", "own"]) == (("fr", str(tmp_path / "own")), ("gliner", str(tmp_path / "pii")))
    assert chosen_models("en", ["en_core_web_trf"]) == (("en", "en_core_web_trf"),)
    assert chosen_models("en", []) == ()
    with pytest.raises(UsageError, match="twice for the same kind"):
        chosen_models("en", ["own", "en_core_web_trf"])


# ---------------------------------------------------------------- what the doctor says


def findings(study: Study, *models: str) -> dict[str, Finding]:
    return {finding.what: finding for finding in examine(study.folder, lambda: study, models)}


def test_the_doctor_tells_the_model_of_each_language_of_the_study(study: Study, small_speech_model: None) -> None:
    study = with_settings(study, 'de = "de_core_news_md"\ngliner = "/srv/models/pii"', '["en", "mi", "de"]')
    found = findings(study)
    assert found["names: spacy-en"].ok and found["names: spacy-fr"].ok
    assert found["names: spacy-mi"] == Finding("names: spacy-mi", "none for this language")
    assert found["names: spacy-de"] == Finding(
        "names: spacy-de", "the name model de_core_news_md is not installed", ok=False
    )
    assert not found["names: gliner"].ok and "/srv" not in found["names: gliner"].state


def test_the_doctor_looks_at_a_model_that_is_given_to_it(
    study: Study, small_speech_model: None, folder: Path, tmp_path: Path
) -> None:
    assert findings(study, str(folder))["names: given"].ok
    assert findings(study, str(folder))["names: given"].state.startswith("mine ")
    (tmp_path / "pii").mkdir()
    (tmp_path / "pii" / "gliner_config.json").write_text("{}")
    assert "lacks" in findings(study, str(tmp_path / "pii"))["names: given"].state
    assert not findings(study, "en_core_web_trf")["names: given"].ok


def test_where_the_settings_cannot_be_read_the_doctor_tells_of_english_and_french(
    study: Study, small_speech_model: None
) -> None:
    (study.folder / "chatham.toml").write_text("title = ")
    assert {"names: spacy-en", "names: spacy-fr"} <= set(findings(study))
