"""What is judged: a wheel, or a module by itself, with everything that was read and predicted of it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from pyodide_abi.signatures import Recovered
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pyodide_abi.audit.lock_file import LockFile
    from pyodide_abi.linker import Library, Prediction
    from pyodide_abi.linker.module_facts import Anatomy
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.platforms.surface import Symbol
    from pyodide_abi.wheel import Wheel


@value
class Binary:
    """A native file of the subject.

    Attributes:
        member: Its name in the wheel, or the file's own.
        path: Where it is installed, below ``site-packages``.
        library: What the linker sees of it.
        anatomy: What it is made of beside that.
        extension: Whether ``import`` takes it for an extension module.
        imported: By release, what a plain import of it does (for another library: a plain load).
        preloaded: By release, what an installer that loads ahead does; empty unless the platform has such a
            rule and a plain import does not find what the binary needs.
        installed: By release, what an import of it does after the release's own installer has loaded the
            whole wheel ahead; empty where that cannot make a difference.
        stops: By release, the installer's words where its work ends at this file.
        recovered: Its functions that CPython and the C library call through pointers.
        refused: By current engine other than that of the predictions, the features for which it refuses the
            module; empty in an audit for one engine.
    """

    member: str
    path: str
    library: Library
    anatomy: Anatomy
    extension: bool
    imported: Mapping[str, Prediction]
    preloaded: Mapping[str, Prediction]
    installed: Mapping[str, Prediction] = {}
    stops: Mapping[str, str] = {}
    recovered: Recovered = Recovered()
    refused: Mapping[str, tuple[str, ...]] = {}

    def judged(self, release: str) -> Prediction:
        """The prediction that counts: installers do what their platform prescribes."""
        return self.preloaded.get(release) or self.imported[release]


class Load(NamedTuple):
    """A load that a user of the subject would see."""

    binary: Binary
    release: str
    prediction: Prediction


@value
class Subject:
    """A wheel or a module, read, with the predictions about its native files.

    Attributes:
        file: What was given.
        wheel: The wheel, open while the rules run; None for a bare module.
        platform: The platform that it is held against; None for a wheel whose tag names none.
        engine: The JavaScript engine that the predictions are for.
        platform_from: What names the platform: ``tag``, ``asked`` (the caller), ``usual`` (the caller, for
            what carries no tag), ``contents``, or ``set`` (those of all files that form a set).
        binaries: Its native files, in the order of the archive.
        offers: By release, what the runtime offers of the names that the binaries import or export.
        lock: What the lock file says, if it is one; then there are no binaries.
    """

    file: Path
    wheel: Wheel | None
    platform: Platform | None
    engine: str
    platform_from: str
    binaries: tuple[Binary, ...]
    offers: Mapping[str, Mapping[str, Symbol]]
    lock: LockFile | None = None

    @cached_property
    def releases(self) -> tuple[str, ...]:
        """The releases of the platform, as on npm; none without a platform."""
        return tuple(release.version for release in self.platform.releases) if self.platform else ()

    def loads(self) -> Iterator[Load]:
        """Every load that a user of the subject would see.

        A library that extension modules load is judged in their company, where it finds more symbols than
        alone; it is left out by itself.
        """
        within: set[str] = set()
        for binary in self.binaries:
            if binary.extension:
                for release in self.releases:
                    prediction = binary.judged(release)
                    within.update(prediction.libraries)
                    yield Load(binary, release, prediction)
        for binary in self.binaries:
            if not binary.extension and binary.path not in within:
                for release in self.releases:
                    yield Load(binary, release, binary.judged(release))
