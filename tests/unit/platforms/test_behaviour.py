"""The files of loaders, installers and engines: what they hold, and how a fault in them is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from pyodide_abi.errors import PlatformDataError
from pyodide_abi.platforms import load_platforms
from pyodide_abi.platforms.documents import DATA
from pyodide_abi.platforms.engine_documents import engine_names
from pyodide_abi.platforms.engines import Check, Text, find_engine, parse_engine
from pyodide_abi.platforms.installers import installer_of, load_installers, parse_installers
from pyodide_abi.platforms.loaders import load_loaders, loader_of, parse_loaders
from pyodide_abi.platforms.versions import version_key
from pyodide_abi.values import replace

if TYPE_CHECKING:
    from collections.abc import Callable

LOADERS = (DATA / "loaders.toml").read_text("utf-8")
INSTALLERS = (DATA / "installers.toml").read_text("utf-8")


def engine_text(name: str) -> str:
    return (DATA / "engines" / f"{name}.toml").read_text("utf-8")


def told(parse: Callable[[str], object], text: str, old: str, new: str) -> str:
    """The message after one change of a shipped file."""
    assert old in text, "the test's own text is out of date"
    with pytest.raises(PlatformDataError) as raised:
        parse(text.replace(old, new, 1))
    return str(raised.value)


class TestLoaders:
    def test_a_fact_holds_until_the_next_generation_that_changed_it(self) -> None:
        late, empty = zip(
            *((loader.late_invoke, loader.weak_set_shared) for loader in load_loaders()), strict=True
        )
        assert late == (True, False, False, False)
        assert empty == (True, True, False, False)

    def test_another_generation_is_what_it_changed(self) -> None:
        text = LOADERS.replace("generations = 4", "generations = 5").replace(
            "since_1 = 'Error'\n", "since_1 = 'Error'\nsince_5 = 'Error: no dylink.0'\n"
        )
        *earlier, newest = parse_loaders(text)
        assert tuple(earlier) == load_loaders()
        assert newest == replace(load_loaders()[-1], generation=5, no_dylink="Error: no dylink.0")

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("generations = 4", "generations = 3", "loaders.toml: init_prefixes.since_4: is not a known key"),
            ("[keyed_by_name]", "[keyed]", "loaders.toml: keyed_by_name: is missing"),
            (
                "since_1 = true",
                "since_1 = 'yes'",
                "loaders.toml: legacy_dylink.since_1: has to be true or false",
            ),
            ("reason = 'The first", "why = 'The first", "loaders.toml: legacy_dylink.reason: is missing"),
        ],
    )
    def test_a_fault_is_told_with_its_place(self, old: str, new: str, message: str) -> None:
        assert told(parse_loaders, LOADERS, old, new).startswith(message)

    def test_a_platform_of_another_generation_is_told(self) -> None:
        platform = replace(load_platforms()[-1], loader=9)
        with pytest.raises(PlatformDataError, match="generation 9 of the loader is not described"):
            loader_of(platform)


class TestInstallers:
    def test_the_newest_release_of_each_platform_was_compared(self) -> None:
        """Otherwise `installer_of` takes the last one for a release whose installer nobody has looked at.

        Run `tests/differential/run.py --installs --release VERSION`; describe in installers.toml what
        differs, then name the release there under `compared`.
        """
        compared = load_installers().compared
        assert [platform.releases[-1].version for platform in load_platforms()] == list(compared)

    def test_a_release_has_the_last_one_described_up_to_it(self) -> None:
        for platform in load_platforms():
            for release in platform.releases:
                assert version_key(installer_of(release.version).since) <= version_key(release.version)

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            (
                "since = '0.26.2'",
                "since = '0.25.0'",
                "installers.toml: installers[1].since: does not",
            ),
            (
                "local_scope = true",
                "local_scop = true",
                "installers.toml: installers[2].mode.local_scop: is not a known key",
            ),
            (
                "subfolders = false",
                "subfolders = 0",
                "installers.toml: installers[0].subfolders: has to be true or false",
            ),
        ],
    )
    def test_a_fault_is_told_with_its_place(self, old: str, new: str, message: str) -> None:
        assert told(parse_installers, INSTALLERS, old, new).startswith(message)


class TestEngines:
    def test_each_has_every_text_and_makes_every_check_once(self) -> None:
        for engine in map(find_engine, engine_names()):
            assert engine.texts.keys() == set(Text)
            assert sorted(check for checks in engine.passes for check in checks) == sorted(Check)

    def test_one_that_is_like_another_holds_what_differs(self) -> None:
        node24, node20 = find_engine("node24"), find_engine("node20")
        assert node20.say(Text.UNREACHABLE) == node24.say(Text.UNREACHABLE)
        assert node20.texts[Text.TAG_TYPE] != node24.texts[Text.TAG_TYPE]
        assert node20.calls == node24.calls

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("'kind', ", "", "engines/node24.toml: order.passes: has the check 'kind' 0 times"),
            ("['module']", "['modul']", "engines/node24.toml: order.passes[0][0]: 'modul' is none of module"),
            ("unreachable = ", "unreached = ", "engines/node24.toml: texts.unreachable: is missing"),
            ("by {size}", "by {length}", "engines/node24.toml: texts.table_growth: has a placeholder"),
            (
                "'table_small', ",
                "'table_tiny', ",
                "engines/node24.toml: texts.inexact[0]: 'table_tiny'",
            ),
            ("name = 'node24'", "name = 'node'", "engines/node24.toml: identity.name: 'node' does not have"),
            ("[limits]", "[limit]", "engines/node24.toml: limits: is missing"),
        ],
    )
    def test_a_fault_is_told_with_its_place(self, old: str, new: str, message: str) -> None:
        def parse(text: str) -> object:
            return parse_engine("node24", lambda _: text)

        assert told(parse, engine_text("node24"), old, new).startswith(message)

    def test_an_unknown_one_is_no_engine(self) -> None:
        with pytest.raises(KeyError):
            find_engine("lynx")


@pytest.mark.parametrize("file", sorted(DATA.rglob("*.toml")), ids=lambda file: file.name)
def test_long_texts_are_literal_strings(file: object) -> None:
    """Python's TOML reader takes a literal string in one step and any other letter by letter.

    Reasons and sources are most of the data; written so, an audit of a small wheel takes a tenth less time.
    """
    slow = re.findall(r"""^(?:reason|source|integrity) = "[^'\\]*"$""", file.read_text("utf-8"), re.MULTILINE)  # type: ignore[attr-defined]
    assert not slow
