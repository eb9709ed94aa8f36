"""The ``WHEEL`` file: what a wheel says of itself (PEP 427)."""

from __future__ import annotations

from pyodide_abi.errors import WheelError
from pyodide_abi.values import value
from pyodide_abi.wheel.headers import read_headers

_MAJOR = "1"
#: A field of our own: a compiler of another version than the platform's made the wheel.
COMPILER_FIELD = "Compiled-With"


@value
class WheelMetadata:
    """The fields of a ``WHEEL`` file.

    Attributes:
        version: The version of the wheel format.
        generator: what made it.
        root_is_purelib: Whether it is installed into ``purelib``; false for a wheel with compiled modules.
        tags: expanded, one a line in the file.
        build: the build tag; empty for most wheels.
        others: fields that the format does not know, in order.
    """

    version: str = "1.0"
    generator: str
    root_is_purelib: bool
    tags: tuple[str, ...]
    build: str = ""
    others: tuple[tuple[str, str], ...] = ()


def parse_metadata(text: str, *, where: str) -> WheelMetadata:
    """Read a ``WHEEL`` file.

    Args:
        text: The file's contents.
        where: the wheel and the member, for messages.

    Raises:
        WheelError: a field is missing, or the format is of a major version that nobody here knows.
    """
    message = read_headers(text)
    version = message.get("Wheel-Version")
    if version.strip().split(".")[0] != _MAJOR:
        raise WheelError(f"{where}: Wheel-Version is {version!r}, not 1.x")
    purelib = message.get("Root-Is-Purelib").strip().lower()
    if purelib not in {"true", "false"}:
        raise WheelError(f"{where}: Root-Is-Purelib is {purelib!r}, neither true nor false")
    known = {"wheel-version", "generator", "root-is-purelib", "tag", "build"}
    return WheelMetadata(
        version=version.strip(),
        generator=message.get("Generator").strip(),
        root_is_purelib=purelib == "true",
        tags=tuple(tag.strip() for tag in message.get_all("Tag")),
        build=message.get("Build").strip(),
        others=tuple((key, value) for key, value in message.items() if key.lower() not in known),
    )


def write_metadata(metadata: WheelMetadata) -> str:
    """The counterpart of :func:`parse_metadata`."""
    fields = [
        ("Wheel-Version", metadata.version),
        ("Generator", metadata.generator),
        ("Root-Is-Purelib", "true" if metadata.root_is_purelib else "false"),
        *(("Tag", tag) for tag in metadata.tags),
        *([("Build", metadata.build)] if metadata.build else []),
        *metadata.others,
    ]
    return "".join(f"{key}: {value}\n" for key, value in fields)
