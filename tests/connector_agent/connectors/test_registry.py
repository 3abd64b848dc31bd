"""Finding and loading installed connectors."""

from importlib.metadata import EntryPoint, EntryPoints

import pytest
from connector_agent.connectors.files.connector import FilesConnector
from connector_agent.connectors.registry import Installed, connector, installed
from connector_sdk import ENTRY_POINTS, Form, SettingError

FILES = "connector_agent.connectors.files.connector:FilesConnector"


class FromTheFuture(FilesConnector):
    oldest_agent = "10.10"


class ForAnotherContract(FilesConnector):
    contract = 2


class WithoutForm(FilesConnector):
    def form(self) -> Form:
        raise LookupError("no form")


def found(version: str = "10.1.0", **values: str) -> Installed:
    entries = [EntryPoint(name, value, ENTRY_POINTS) for name, value in values.items()]
    return Installed(EntryPoints(entries), version)


def refusal(among: Installed, name: str) -> str:
    with pytest.raises(SettingError) as caught:
        among.connector(name)
    assert caught.value.problem.path == "connector"
    return str(caught.value)


def test_files_is_installed() -> None:
    assert "files" in installed()
    assert connector("files").label == "Files"


def test_a_connector_is_loaded_once() -> None:
    among = found(files=FILES)
    assert list(among) == ["files"]
    assert len(among) == 1
    assert among.connector("files") is among["files"]


def test_unknown_name() -> None:
    among = found(files=FILES, stripe="no_such_module:X")
    text = refusal(among, "file")
    assert "files, stripe" in text
    assert "Did you mean 'files'?" in text
    assert "file" not in among
    assert among.get("file") is None


def test_a_broken_one_leaves_the_others_alone() -> None:
    among = found(files=FILES, stripe="no_such_module:X")
    assert "no_such_module" in refusal(among, "stripe")
    assert among.connector("files").name == "files"


def test_one_whose_form_fails_leaves_the_others_alone() -> None:
    among = found(bad=f"{__name__}:WithoutForm", files=FILES)
    assert "LookupError: no form" in refusal(among, "bad")
    assert among.connector("files").name == "files"


def test_another_contract() -> None:
    text = refusal(found(future=f"{__name__}:ForAnotherContract"), "future")
    assert "contract 2" in text
    assert "contract 1" in text


@pytest.mark.parametrize(("agent", "fits"), [("10.1.0", False), ("10.9", False), ("10.10", True)])
def test_the_agent_may_be_too_old(agent: str, fits: bool) -> None:
    among = found(agent, files=f"{__name__}:FromTheFuture")
    if fits:
        assert among.connector("files").oldest_agent == "10.10"
    else:
        assert "needs agent 10.10" in refusal(among, "files")


def test_trailing_zeros_of_a_version_do_not_matter() -> None:
    assert found("10.1", files=FILES).connector("files").oldest_agent == "10.1"


def test_a_name_that_two_distributions_claim() -> None:
    entries = [EntryPoint("files", FILES, ENTRY_POINTS), EntryPoint("files", "a:B", ENTRY_POINTS)]
    text = refusal(Installed(EntryPoints(entries), "10.1"), "files")
    assert FILES in text
    assert "a:B" in text
