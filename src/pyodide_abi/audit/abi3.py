"""What a module claims of CPython's stable ABI, by the wheel's tags or by its own name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.audit.subject import Binary, Subject
    from pyodide_abi.wheel import WheelName

_ABI = "abi3"
_SUFFIX = re.compile(r"\.abi3(-[\w-]+)?\.so$")
_PYTHON = re.compile(r"cp(\d)(\d+)$")


@value
class Claim:
    """That a module works with every CPython from a version on.

    Attributes:
        version: that one.
        tag: the wheel's tags that say so, such as ``cp310-abi3``; empty where only the file's name does.
    """

    version: tuple[int, int]
    tag: str = ""

    @property
    def text(self) -> str:
        """The claim in words."""
        version = ".".join(map(str, self.version))
        if self.tag:
            return f"the wheel's tag {self.tag} promises CPython {version} and all later ones"
        return f"the module is named as one for the stable ABI (platform's CPython: {version})"

    @property
    def definition(self) -> str:
        """What the compiler has to be given, as CPython's headers expect it."""
        return f"-DPy_LIMITED_API=0x{self.version[0]:02x}{self.version[1]:02x}0000"


def claim_of(subject: Subject, binary: Binary) -> Claim | None:
    """What a module claims, None for nothing."""
    if subject.wheel is not None and (floors := list(_floors(subject.wheel.name))):
        version, tag = min(floors)
        return Claim(version=version, tag=tag)
    if _SUFFIX.search(binary.path) and subject.platform is not None:
        major, minor = subject.platform.python.version.split(".")
        return Claim(version=(int(major), int(minor)))
    return None


def _floors(name: WheelName) -> Iterator[tuple[tuple[int, int], str]]:
    """The versions that a wheel's tags name together with ``abi3``."""
    for python in name.pythons if _ABI in name.abis else ():
        if match := _PYTHON.match(python):
            yield (int(match[1]), int(match[2])), f"{python}-{_ABI}"
