"""Each kind of fault in the data that ships is reported with its exact place."""

from __future__ import annotations

from importlib.resources import files

import pytest

from pyodide_abi.errors import PlatformDataError
from pyodide_abi.platforms.load import parse_platforms

FILES = ("2024_0.toml", "2025_0.toml", "314_0.toml", "2026_5.toml")


def read(name: str) -> str:
    return files("pyodide_abi.platforms").joinpath("data", name).read_text("utf-8")


def fault_in(file: str, old: str, new: str) -> str:
    """The message after one change of one shipped file."""
    texts = {name: read(name) for name in ("common.toml", *FILES)}
    assert old in texts[file], "the test's own text is out of date"
    texts[file] = texts[file].replace(old, new, 1)
    with pytest.raises(PlatformDataError) as caught:
        parse_platforms(texts.pop("common.toml"), texts)
    return f"{caught.value} [{caught.value.hint}]"


FAULTS = {
    "not TOML": ("2025_0.toml", "[identity]", "[identity", "2025_0.toml: is not valid TOML: "),
    "a missing table": ("2025_0.toml", "[emscripten]", "[emscriptem]", "2025_0.toml: emscripten: is missing"),
    "a missing key": (
        "2025_0.toml",
        'version = "4.0.9"\n',
        "",
        "2025_0.toml: emscripten.version: is missing",
    ),
    "an unknown key": (
        "2025_0.toml",
        'version = "4.0.9"\n',
        'version = "4.0.9"\nsauce = "x"\n',
        "2025_0.toml: emscripten.sauce: is not a known key [did you mean 'source'?]",
    ),
    "an unknown table": (
        "2025_0.toml",
        "[identity]",
        "[flies]\nx = 1\n[identity]",
        "2025_0.toml: flies: is not a known key [did you mean 'flags'?]",
    ),
    "a wrong type": (
        "2025_0.toml",
        'version = "4.0.9"',
        "version = 4",
        "2025_0.toml: emscripten.version: has to be text, not a number",
    ),
    "a table that is none": (
        "2025_0.toml",
        "[search]",
        "[[search]]",
        "2025_0.toml: search: has to be a table, not an array",
    ),
    "an empty text": (
        "2025_0.toml",
        'version = "4.0.9"',
        'version = " "',
        "2025_0.toml: emscripten.version: is empty",
    ),
    "a text of the wrong form": (
        "2025_0.toml",
        'version = "4.0.9"',
        'version = "4.0"',
        r"2025_0.toml: emscripten.version: '4.0' does not have the form \d+\.\d+\.\d+",
    ),
    "not a boolean": (
        "2025_0.toml",
        "flag_needed = false",
        'flag_needed = "no"',
        "2025_0.toml: bigint.flag_needed: has to be true or false, not text",
    ),
    "not a number": (
        "2025_0.toml",
        "generation = 2",
        "generation = true",
        "2025_0.toml: loader.generation: has to be a whole number, not a boolean",
    ),
    "a number below one": (
        "2025_0.toml",
        "generation = 2",
        "generation = 0",
        "2025_0.toml: loader.generation: has to be 1 or more, not 0",
    ),
    "not a date": (
        "2025_0.toml",
        "since = '2025-01-15'",
        "since = '2025-01-32'",
        "2025_0.toml: rust.nightly.since: '2025-01-32' is no date",
    ),
    "dates in the wrong order": (
        "2025_0.toml",
        "since = '2025-01-15'",
        "since = '2025-01-15'\nbefore = '2024-01-01'",
        "2025_0.toml: rust.nightly.before: 2024-01-01 is not after since = 2025-01-15",
    ),
    "no member of the enumeration": (
        "2025_0.toml",
        'status = "stable"',
        'status = "done"',
        "2025_0.toml: identity.status: 'done' is none of stable, development",
    ),
    "no member, in an array": (
        "2025_0.toml",
        'languages = ["c", "c++"]',
        'languages = ["c", "java"]',
        "2025_0.toml: flags[0].languages[1]: 'java' is none of c, c++, rust",
    ),
    "not an array": (
        "2025_0.toml",
        'languages = ["c", "c++"]',
        'languages = "c"',
        "2025_0.toml: flags[0].languages: has to be an array, not text",
    ),
    "an empty array": (
        "2025_0.toml",
        'languages = ["c", "c++"]',
        "languages = []",
        "2025_0.toml: flags[0].languages: is empty",
    ),
    "a repeated item": (
        "2025_0.toml",
        'languages = ["c", "c++"]',
        'languages = ["c", "c"]',
        "2025_0.toml: flags[0].languages[1]: repeats 'c'",
    ),
    "a digest of the wrong form": (
        "2025_0.toml",
        "integrity = 'sha512-",
        "integrity = 'sha1-",
        "2025_0.toml: releases[0].integrity: 'sha1-",
    ),
    "a python of another minor version": (
        "2025_0.toml",
        'python = "3.13.2"',
        'python = "3.12.2"',
        "2025_0.toml: releases[0].python: '3.12.2' does not have the form",
    ),
    "releases out of order": (
        "2025_0.toml",
        'version = "0.28.2"\n',
        'version = "0.28.1"\n',
        "2025_0.toml: releases[2].version: does not come after the one before it",
    ),
    "suffixes that lack a common one": (
        "2026_5.toml",
        'suffixes = [".cpython-315-wasm32-emscripten.so", ".abi3-wasm32-emscripten.so", ',
        'suffixes = [".abi3-wasm32-emscripten.so", ',
        "2026_5.toml: releases[1].suffixes: lacks '.cpython-315-wasm32-emscripten.so'",
    ),
    "a tag that is no name of the platform": (
        "2025_0.toml",
        'tag = "pyemscripten_2025_0_wasm32"',
        'tag = "pyemscripten_2025_1_wasm32"',
        "2025_0.toml: tags[1].tag: 'pyemscripten_2025_1_wasm32' is no name of this platform",
    ),
    "a tag twice": (
        "2025_0.toml",
        'tag = "pyemscripten_2025_0_wasm32"',
        'tag = "pyodide_2025_0_wasm32"',
        "2025_0.toml: tags[1]: repeats 'pyodide_2025_0_wasm32'",
    ),
    "a tag taken by a release that is not there": (
        "2025_0.toml",
        'micropip = ["0.29.4", "0.29.5"]',
        'micropip = ["0.29.4", "0.29.6"]',
        "2025_0.toml: tags[1].micropip[1]: there is no release '0.29.6' in this file",
    ),
    "a default tag that is not there": (
        "2025_0.toml",
        '[wheel_tag]\ntag = "pyodide_2025_0_wasm32"',
        '[wheel_tag]\ntag = "pyodide_2025_9_wasm32"',
        "2025_0.toml: wheel_tag.tag: 'pyodide_2025_9_wasm32' is none of the file's tags",
    ),
    "a python tag of another version": (
        "2025_0.toml",
        'tag = "cp313"',
        'tag = "cp312"',
        "2025_0.toml: python.tag: 'cp312' is not the tag of CPython 3.13",
    ),
    "a stable platform with alphas alone": (
        "2026_5.toml",
        'status = "development"',
        'status = "stable"',
        "2026_5.toml: identity.status: is stable, but every release is a pre-release",
    ),
    "no encoding of exceptions": (
        "2025_0.toml",
        'encoding = "legacy"\n',
        "",
        "2025_0.toml: unwinding.encoding: is missing",
    ),
    "a flag both required and forbidden": (
        "2025_0.toml",
        'flag = "-fexceptions"',
        'flag = "-fwasm-exceptions"',
        "2025_0.toml: flags: '-fwasm-exceptions' is both required and forbidden",
    ),
    "a library of common.toml again": (
        "2025_0.toml",
        'name = "zlib"',
        'name = "bzip2"',
        "2025_0.toml: libraries[1]: repeats 'bzip2'",
    ),
    "a name of another platform": (
        "2025_0.toml",
        '"pyemscripten_2025_0"',
        '"pyemscripten_2025_0", "pyodide_2024_0"',
        "2025_0.toml: identity.names[2]: 'pyodide_2024_0' already belongs to 2024_0",
    ),
    "an unknown engine": (
        "common.toml",
        'refused_by = ["node20"]',
        'refused_by = ["node2"]',
        "common.toml: features[13].refused_by[0]: 'node2' is none of the engines node20, ",
    ),
    "a feature allowed and refused": (
        "common.toml",
        'allowed = false\nrefused_by = ["node20"]',
        'allowed = true\nrefused_by = ["node20"]',
        "common.toml: features[13].allowed: cannot be true while an engine refuses the feature",
    ),
    "a pattern that is none": (
        "common.toml",
        r"accepts = 'pyemscripten_\d+_\d+_wasm32'",
        "accepts = '('",
        "common.toml: indexes[0].accepts: is not a regular expression: ",
    ),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_reported_with_its_place(kind: str) -> None:
    file, old, new, message = FAULTS[kind]
    assert fault_in(file, old, new).startswith(message)


def test_no_releases_at_all() -> None:
    text = read("2025_0.toml")
    texts = {"2025_0.toml": text[: text.index("[[releases]]")]}
    with pytest.raises(PlatformDataError, match=r"^2025_0\.toml: releases: is empty$"):
        parse_platforms(read("common.toml"), texts)
