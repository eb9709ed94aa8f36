"""The platform that a wheel is meant for where its own tag does not tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.audit import open_subject
from pyodide_abi.audit.inference import infer_platform
from pyodide_abi.audit.pipeline import platform_of_wheel
from pyodide_abi.platforms import platform_of_tag
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pyodide_abi.audit import Subject
    from pyodide_abi.platforms.model import Platform


def wished_platform(file: Path, tags: Sequence[str]) -> Platform | None:
    """The platform that the tags wished for name, where the wheel's own tag is wrong and these are right.

    Its own is wrong if no platform has it, or if the contents speak against that platform; these are right
    if nothing in the contents speaks against theirs.

    Args:
        file: a wheel.
        tags: the platform tags that it shall have.

    Returns:
        The platform; None to go by the wheel's own tag.

    Raises:
        UnreadableInputError: the wheel cannot be read.
    """
    named = [platform_of_tag(tag) for tag in tags]
    if not named or named[0] is None or file.suffix != ".whl":
        return None
    with open_wheel(file) as wheel:
        # Another spelling is the common wish, for which no module has to be read.
        if platform_of_wheel(wheel) == named[0]:
            return None
    with open_subject(file) as subject:
        fitting = fitting_platforms(subject)
    return named[0] if named[0] in fitting and subject.platform not in fitting else None


def fitting_platforms(subject: Subject) -> list[Platform]:
    """The platforms that nothing in the contents speaks against; none where a file is no readable module."""
    libraries = [binary.library for binary in subject.binaries]
    if not libraries or any(library.facts is None for library in libraries):
        return []
    return [fit.platform for fit in infer_platform(libraries) if not fit.misfits]
