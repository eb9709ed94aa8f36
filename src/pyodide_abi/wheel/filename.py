"""A wheel's file name, ``{distribution}-{version}(-{build})?-{python}-{abi}-{platform}.whl`` (PEP 427)."""

from __future__ import annotations

import re
from itertools import product

from pyodide_abi.errors import WheelError
from pyodide_abi.values import replace, value

#: The library takes any text for tags; PEP 425 makes them of these, and dots between.
_TAGS = re.compile(r"\w+(?:\.\w+)*", re.ASCII)
#: Names that are right by the strictest reading, as nearly all are.
_USUAL = re.compile(
    r"[A-Za-z0-9]+(?:[._][A-Za-z0-9]+)*"
    r"-[0-9]+(?:\.[0-9]+)*(?:\.post[0-9]+)?"
    r"-[a-z][a-z0-9]*(?:\.[a-z][a-z0-9]*)*(?:-[a-z0-9]+(?:[._][a-z0-9]+)*){2}\.whl"
)


@value
class WheelName:
    """The parts of a wheel's file name as they are written there.

    Attributes:
        distribution: the project's name, with underscores.
        version: The project's version.
        build: the build tag, empty for most wheels.
        python: the compressed set of Python tags, such as ``cp314`` or ``py2.py3``.
        abi: The compressed set of ABI tags.
        platform: The compressed set of platform tags.
    """

    distribution: str
    version: str
    build: str = ""
    python: str
    abi: str
    platform: str

    def __str__(self) -> str:
        build = [self.build] if self.build else []
        words = [self.distribution, self.version, *build, self.python, self.abi, self.platform]
        return "-".join(words) + ".whl"

    @property
    def stem(self) -> str:
        """``distribution-version``: what the ``.dist-info`` and ``.data`` folders are named after."""
        return f"{self.distribution}-{self.version}"

    @property
    def pythons(self) -> tuple[str, ...]:
        """The Python tags, one by one."""
        return tuple(self.python.split("."))

    @property
    def abis(self) -> tuple[str, ...]:
        """The ABI tags, one by one."""
        return tuple(self.abi.split("."))

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platform tags, one by one."""
        return tuple(self.platform.split("."))

    @property
    def tags(self) -> tuple[str, ...]:
        """Every combination, as a ``WHEEL`` file lists them."""
        return tuple("-".join(words) for words in product(self.pythons, self.abis, self.platforms))

    def with_tags(
        self, *, python: str | None = None, abi: str | None = None, platform: str | None = None
    ) -> WheelName:
        """The same wheel under other tags; None leaves one as it is."""
        return replace(
            self,
            python=self.python if python is None else python,
            abi=self.abi if abi is None else abi,
            platform=self.platform if platform is None else platform,
        )


def parse_wheel_name(filename: str) -> WheelName:
    """Take a file name apart.

    Raises:
        WheelError: it is no wheel's.
    """
    if not _USUAL.fullmatch(filename):
        _ask(filename)
    words = filename.removesuffix(".whl").split("-")
    distribution, version, *build, python, abi, platform = words
    return WheelName(
        distribution=distribution,
        version=version,
        build=build[0] if build else "",
        python=python,
        abi=abi,
        platform=platform,
    )


def _ask(filename: str) -> None:
    """Let the library judge, which is slow to import.

    Raises:
        WheelError: the file name is no wheel's.
    """
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename  # noqa: PLC0415 - as said

    try:
        parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        raise _misnamed(filename, str(error)) from error
    for tag in filename.removesuffix(".whl").split("-")[-3:]:
        if not _TAGS.fullmatch(tag):
            raise _misnamed(filename, f"{tag!r} is no tag")


def _misnamed(filename: str, reason: str) -> WheelError:
    return WheelError(
        f"{filename}: not the name of a wheel ({reason})",
        hint="a wheel is called NAME-VERSION-PYTHON-ABI-PLATFORM.whl; installers go by that name, so "
        "give the file its own name back",
    )
