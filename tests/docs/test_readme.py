"""The README: its code runs, what it shows is what comes, its tables are whole."""

import shutil
import sys
from pathlib import Path

from connector_agent.mapping import read_lines
from connector_agent.project import Project

from tests.docs.page import ROOT, Reader, blocks, missing

PAGE = "README.md"
EXAMPLE = Path("examples") / "billing-import"


def copy_example(folder: Path) -> Path:
    copied = folder / EXAMPLE
    ignored = shutil.ignore_patterns(".connector", "out")
    shutil.copytree(ROOT / EXAMPLE, copied, ignore=ignored)
    return copied


def test_python(reader: Reader) -> None:
    every = blocks(PAGE)
    at = next(index for index, block in enumerate(every) if block.kind == "python")
    (reader.folder / "example.py").write_text(every[at].text)
    said = reader.call(sys.executable, "-W", "error", "example.py")
    assert said.status == 0, said.text
    assert said.text == every[at + 1].text


def test_demo(reader: Reader) -> None:
    copy_example(reader.folder)
    for note in ("shows: demo", "shows: demo again"):
        said = reader.call(sys.executable, str(ROOT / "examples/demo.py"), str(EXAMPLE))
        assert said.status == 0, said.text
        shown = next(block.text for block in blocks(PAGE) if block.note == note)
        assert not missing(shown, said.text), said.text


def test_demo_tells_what_failed(reader: Reader) -> None:
    project = copy_example(reader.folder)
    endpoint = project / "endpoints" / "acme.yaml"
    endpoint.write_text(endpoint.read_text().replace("address: sandbox", "api_key: ${env:NO_KEY}"))
    said = reader.call(sys.executable, str(ROOT / "examples/demo.py"), str(EXAMPLE))
    assert said.status == 1
    assert "error: The environment variable NO_KEY is not set" in said.text
    assert "'connector test acme' ended with status 1" in said.text
    assert "Summary" not in said.text


def test_demo_wants_a_project(reader: Reader) -> None:
    said = reader.call(sys.executable, str(ROOT / "examples/demo.py"), "nowhere")
    assert said.status == 1
    assert "nowhere is no project" in said.text


def test_project_files(tmp_path: Path) -> None:
    project = copy_example(tmp_path)
    for block in blocks(PAGE):
        if block.kind == "yaml":
            name = block.text.splitlines()[0].removeprefix("# ")
            (project / name).write_text(block.text)
    (project / "operations" / "export customers.yaml").unlink()
    loaded = Project.load(project, {"STRIPE_API_KEY": "sk_test_reader"})
    document = loaded.operation("import customers")
    lines, faults = read_lines(document.mapping, document.mapping_position)
    assert len(lines) == 2
    assert not faults
