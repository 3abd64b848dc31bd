"""Contents of several versions are packed together, and come back as they were."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from stripe_connector.catalogue.schemas import Archive

from scripts.catalogue_source.archive import digest, pack, read, unpack, write

VERSIONS = ("2024-09-30.acacia", "2025-03-31.basil", "2025-09-30.clover")
TEXTS = st.sampled_from(["", "Ä", "An id.", "A longer text, shared by many."])
NAMES = st.sampled_from(["id", "email", "items"])


def nodes() -> st.SearchStrategy[dict[str, Any]]:
    plain = st.fixed_dictionaries(
        {"name": NAMES, "type": st.sampled_from(["string", "integer"])},
        optional={
            "description": TEXTS,
            "required": st.just(True),
            "choices": st.just(["description", "fields"]),
        },
    )
    return st.recursive(
        plain,
        lambda inner: st.one_of(
            st.fixed_dictionaries(
                {"name": NAMES, "type": st.just("object"), "fields": st.lists(inner, max_size=3)},
                optional={"description": TEXTS},
            ),
            st.fixed_dictionaries({"name": NAMES, "type": st.just("list"), "items": inner}),
            st.fixed_dictionaries(
                {"name": NAMES, "type": st.just("any"), "any_of": st.lists(inner, min_size=1)}
            ),
        ),
        max_leaves=8,
    )


API_CALL = st.fixed_dictionaries(
    {"object": st.just("a"), "action": st.just("b"), "method": st.just("GET")},
    optional={"path": st.sampled_from(["/v1/a", "/v1/a/{b}"])},
)


@st.composite
def contents(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = []
    for version in VERSIONS:
        names = draw(st.sets(st.sampled_from(["a.b", "a.c", "a.d.e"])))
        content: dict[str, Any] = {
            f"operations/{name}.json": {"summary": draw(TEXTS), "request": draw(nodes())}
            for name in sorted(names)
        }
        content["resources/a.json"] = {
            "id": "a",
            "deleted": draw(st.booleans()),
            "description": draw(TEXTS),
            "schema": draw(nodes()),
        }
        content["index.json"] = {
            "api_version": version,
            "sdk": version[:4],
            "operations": {name: draw(API_CALL) for name in sorted(names)},
            "resources": {"a": {}},
        }
        found.append(content)
    return found


@settings(max_examples=40)
@given(contents())
def test_every_version_comes_back(found: list[dict[str, Any]]) -> None:
    data = json.loads(json.dumps(pack(found, "by me")))
    for content in found:
        assert unpack(data, content["index.json"]["api_version"]) == content
    assert data["index.json"]["digest"] == digest(data)


def test_the_shipped_reader_reads_the_same(tmp_path: Path) -> None:
    leaf = {"name": "id", "type": "string", "description": "An id."}
    request = {"name": "a.b", "type": "object", "fields": [leaf, {**leaf, "name": "key"}]}
    old, new = (
        {
            "index.json": {
                "api_version": version,
                "sdk": "1",
                "operations": {"a.b": {"object": "a", "action": "b", "path": path}},
                "resources": {},
            },
            "operations/a.b.json": {"summary": "Does it.", "request": request},
        }
        for version, path in zip(VERSIONS, ("/v1/a", "/v1/b"), strict=False)
    )
    gone: dict[str, Any] = {
        "index.json": {
            "api_version": VERSIONS[2],
            "sdk": "1",
            "operations": {},
            "resources": {"a": {}},
        },
        "resources/a.json": {"description": "An id.", "schema": leaf},
    }
    write(tmp_path, pack([old, new, gone], "me"))
    archive = Archive(tmp_path)
    assert archive.versions == VERSIONS
    assert [entry["path"] for entry in archive.api_calls(VERSIONS[0])] == ["/v1/a"]
    assert [entry["path"] for entry in archive.api_calls(VERSIONS[1])] == ["/v1/b"]
    assert archive.api_calls(VERSIONS[2]) == []
    assert [archive.resources(version) for version in VERSIONS] == [[], [], ["a"]]
    first = archive.member("operations/a.b.json", VERSIONS[0])
    assert first == archive.member("operations/a.b.json", VERSIONS[1])
    assert first is not None
    assert first["summary"] == "Does it."
    assert [(f.name, f.description) for f in first["request"].fields] == [
        ("id", "An id."),
        ("key", "An id."),
    ]
    assert archive.member("operations/a.b.json", VERSIONS[2]) is None
    assert archive.texts == ["An id."]
    spans = [(e.get("since"), e.get("until")) for e in archive.spans("operations")]
    assert spans == [(None, VERSIONS[0]), (VERSIONS[1], VERSIONS[1])]
    assert read(tmp_path)["index.json"]["built_by"] == "me"
