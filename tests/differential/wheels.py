"""Published wheels: what the audit predicts of each native file beside what the runtime does with it.

An extension module is loaded as an import would, any other library as ``ctypes`` does.
"""

from __future__ import annotations

import hashlib
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from differential.comparing import Comparison, compare_steps
from differential.observing import Job, observe
from real_wheels import PINNED, real_wheel

from pyodide_abi.audit.pipeline import open_subject
from pyodide_abi.values import value
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from differential.agreement import Setting

    from pyodide_abi.audit.subject import Subject
    from pyodide_abi.host import Host
    from pyodide_abi.linker import Prediction
    from pyodide_abi.platforms.model import Release

#: Loads one file as an extension module below empty packages. An error that names this very file is the
#: loader's or the import system's; what a module raises while it initialises itself is not our question.
_LOAD = """
import sys, types
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from importlib.util import module_from_spec
name, place = {name!r}, site + "/" + {path!r}
for depth in range(1, name.count(".") + 1):
    parent = types.ModuleType(".".join(name.split(".")[:depth]))
    parent.__path__ = ["/".join(place.split("/")[:depth - name.count(".") - 1])]
    sys.modules[parent.__name__] = parent
try:
    module = module_from_spec(ModuleSpec(name, ExtensionFileLoader(name, place), origin=place))
    sys.modules[name] = module
    module.__spec__.loader.exec_module(module)
except ImportError as error:
    if error.path == place:
        raise
except Exception:
    pass
"""
_OPEN = """
import ctypes
ctypes.CDLL(site + "/" + {path!r})
"""


@value
class _Load:
    """One module of a wheel in one release."""

    case: str
    platform: str
    job: Job
    prediction: Prediction


def pinned_wheels(patterns: Sequence[str]) -> dict[str, Path]:
    """The wheels that the tests work with, by a name for people.

    Args:
        patterns: names of projects, as in a shell; none for all.
    """
    return {
        f"{name} ({tag})": real_wheel(name, tag, python)
        for name, tag, python in PINNED
        if not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)
    }


def compare_wheels(
    wheels: Mapping[str, Path], versions: Sequence[str], setting: Setting
) -> Iterator[Comparison]:
    """Every native file of every wheel, in the newest release of the wheel's platform.

    Args:
        wheels: files, by the names to print.
        versions: releases to load in instead, each for the wheels of its platform.
        setting: where.
    """
    loads: dict[Release, list[_Load]] = {}
    for label, wheel in wheels.items():
        with open_subject(wheel, engine=setting.engine) as subject:
            if subject.platform is None:
                continue
            named = [release for release in subject.platform.releases if release.version in versions]
            for release in named if versions else subject.platform.releases[-1:]:
                found = _loads(label, subject, release, setting.observer.host)
                loads.setdefault(release, []).extend(found)
    for release, wanted in loads.items():
        seen = observe([load.job for load in wanted], release, setting.observer)
        for load in wanted:
            for aspect, predicted, observed, agrees, exact in compare_steps(
                [load.prediction], seen[load.job], setting.engine
            ):
                yield Comparison(
                    case=load.case,
                    platform=load.platform,
                    release=release.version,
                    aspect=aspect,
                    predicted=predicted,
                    observed=observed,
                    agrees=agrees,
                    exact=exact,
                )


def _loads(label: str, subject: Subject, release: Release, host: Host) -> Iterator[_Load]:
    assert subject.platform is not None
    folder = unpack(subject.file, host)
    for binary in subject.binaries:
        name = binary.path.split(".", 1)[0].removesuffix("/__init__").replace("/", ".")
        code = _LOAD if binary.extension else _OPEN
        yield _Load(
            case=f"{label} {binary.path}",
            platform=subject.platform.name,
            job=Job(digest=folder.name, mount=folder, steps=(code.format(name=name, path=binary.path),)),
            prediction=binary.imported[release.version],
        )


def unpack(wheel: Path, host: Host) -> Path:
    """The folder with the wheel's files, in the cache, as an installer would lay them out."""

    def fill(partial: Path, _place: Path) -> None:
        with open_wheel(wheel) as opened:
            for member in opened.members:
                path = opened.installed_path(member.name)
                if path is not None:
                    target = partial / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(opened.read(member.name))

    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()[:24]
    return host.store.obtain(f"differential/wheels/{digest}", fill)
