"""What the values of a platform's data file have to be to one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.platforms import model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyodide_abi.platforms.decode import Table


def check_platform(platform: model.Platform, root: Table) -> None:
    """Refuse values that contradict one another.

    Args:
        platform: The version that was read.
        root: The table that it was read from, which says where a fault is.

    Raises:
        PlatformDataError: there is one; the message starts with the dotted path.
    """
    if platform.python.tag != "cp" + platform.python.version.replace(".", ""):
        root.fail(
            "python.tag", f"'{platform.python.tag}' is not the tag of CPython {platform.python.version}"
        )
    if all(release.prerelease for release in platform.releases) and platform.status is model.Status.STABLE:
        root.fail("identity.status", "is stable, but every release is a pre-release")
    if platform.exceptions is model.Unwinding.WEBASSEMBLY and platform.exception_encoding is None:
        root.fail("unwinding.encoding", "is missing, though exceptions unwind in WebAssembly")
    _check_tags(platform, root)
    _no_value_twice("libraries", [library.name for library in platform.libraries], root)
    _no_value_twice("features", [feature.name for feature in platform.features], root)
    contradictions = {flag.flag for flag in platform.flags if flag.need is model.Need.REQUIRED} & {
        flag.flag for flag in platform.flags if flag.need is model.Need.FORBIDDEN
    }
    if contradictions:
        root.fail("flags", f"'{min(contradictions)}' is both required and forbidden")


def _check_tags(platform: model.Platform, root: Table) -> None:
    tags = [tag.tag for tag in platform.tags]
    _no_value_twice("tags", tags, root)
    if platform.tag not in tags:
        root.fail("wheel_tag.tag", f"'{platform.tag}' is none of the file's tags")
    own = {platform.name, *platform.names, "emscripten_" + platform.emscripten.replace(".", "_")}
    for index, tag in enumerate(tags):
        if tag.removesuffix("_wasm32") not in own:
            root.fail(f"tags[{index}].tag", f"'{tag}' is no name of this platform with _wasm32 behind it")


def _no_value_twice(field: str, values: Sequence[object], root: Table) -> None:
    for index, item in enumerate(values):
        if item in values[:index]:
            root.fail(f"{field}[{index}]", f"repeats '{item}'")
