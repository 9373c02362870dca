"""Every store of a study stands in one register, and erasing really removes."""

import inspect
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

import flows
import vault
from flows.stores import PrefectStore, ResearchStore, all_stores
from flows.study import Study


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study.create(
        tmp_path_factory.mktemp("stores") / "study",
        title="T",
        approval="REB-1",
        language="en",
        user="pi",
        passphrase="four quiet green boats",
    )


def test_every_class_that_can_erase_a_participant_stands_in_the_register(study: Study) -> None:
    study.vault.session("S1")  # a session's store is made on demand; its class must be known all the same
    registered = {type(store).__name__ for store in all_stores(study)} | {"SessionStore"}
    assert _classes_that_erase() <= registered


def _classes_that_erase() -> set[str]:
    found = set()
    for room in (flows, vault):
        for module in iter_modules(room.__path__, f"{room.__name__}."):
            if module.ispkg or module.name in ("flows.tasks", "flows.session", "flows.pipeline"):  # these load Prefect
                continue
            for name, member in inspect.getmembers(import_module(module.name), inspect.isclass):
                if member.__module__ == module.name and hasattr(member, "erase") and name != "Store":
                    found.add(name)
    return found


def test_the_data_set_goes_whole(study: Study) -> None:
    study.research.write_bytes(b"rows")
    erased = ResearchStore(study).erase("P01")
    assert not study.research.exists()
    assert erased.items == 1
    assert erased.before != erased.after


def test_erasing_twice_is_no_error(study: Study) -> None:
    home = study.folder / ".prefect"
    home.mkdir(exist_ok=True)
    Path(home / "prefect.db").write_bytes(b"ids")
    assert PrefectStore(study).erase("P01").items == 1
    assert PrefectStore(study).erase("P01").items == 0
    assert not home.exists()
