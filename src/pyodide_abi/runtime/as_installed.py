"""Install a wheel as users do, in every way that they do, and import its modules: do the ways differ?

In one interpreter as many modules are imported as go well; what follows one that failed gets another, because
a failed load may spoil the loader for the next.
"""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.atomic import temporary
from pyodide_abi.errors import MissingError
from pyodide_abi.runtime.account import Account, Outcome
from pyodide_abi.runtime.attempts import imports_of, platforms_of
from pyodide_abi.runtime.bound import LIMIT, Bound
from pyodide_abi.runtime.driver import drive
from pyodide_abi.runtime.fresh_interpreters import Interpreters
from pyodide_abi.runtime.mirror import Mirror
from pyodide_abi.runtime.package_index import Sources
from pyodide_abi.runtime.page_install import browse
from pyodide_abi.runtime.pip import check_pip, pip_install
from pyodide_abi.runtime.protocol import Batch, Install, Probe, Request
from pyodide_abi.runtime.releases import install_release
from pyodide_abi.runtime.replies import Imported, Installed
from pyodide_abi.runtime.room import Room, check_lockable
from pyodide_abi.runtime.snapshot import obtain_snapshot
from pyodide_abi.runtime.verify import TIMEOUT
from pyodide_abi.values import value
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pyodide_abi.host import Host
    from pyodide_abi.platforms import Runtime
    from pyodide_abi.runtime.attempts import Attempt
    from pyodide_abi.runtime.browser import Browser
    from pyodide_abi.runtime.node import Node
    from pyodide_abi.runtime.replies import Message

    #: Gets the modules that are left, gives what was said, and why the interpreter died.
    Start = Callable[[Sequence[Attempt]], tuple[Sequence[Message], str]]


class Way(enum.StrEnum):
    """A way to install."""

    MICROPIP = "micropip"
    PIP = "pip"
    BROWSER = "browser"


@value
class Tried:
    """One module as users meet it.

    Attributes:
        module: the dotted name.
        outcome: what became of a plain import.
        message: how it failed; empty where it did not.
    """

    module: str
    outcome: Outcome
    message: str = ""


@value
class Installation:
    """A wheel, installed in one way in one release.

    Attributes:
        way: how.
        release: The version of the release.
        error: why it could not be installed; empty where it could.
        distributions: what was installed, with versions, by name.
        files: below ``site-packages``.
        modules: the wheel's; empty where it could not be installed.
    """

    way: Way
    release: str
    error: str
    distributions: tuple[tuple[str, str], ...]
    files: frozenset[str]
    modules: tuple[Tried, ...]

    @property
    def ok(self) -> bool:
        """It was installed, and every module loaded."""
        return not self.error and all(tried.outcome is Outcome.LOADED for tried in self.modules)


@value
class AsInstalled:
    """A wheel, installed in all ways.

    Attributes:
        wheel: the file.
        engines: what each way ran in.
        installations: release by release.
        stand_ins: files of the index that stood in for those of a release's lockfile.
    """

    wheel: Path
    engines: tuple[tuple[Way, str], ...]
    installations: tuple[Installation, ...]
    stand_ins: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Every way went well in every release."""
        return all(installation.ok for installation in self.installations)


def verify_as_installed(
    wheel: Path,
    runtimes: Sequence[Runtime],
    host: Host,
    *,
    node: Node,
    browser: Browser | None = None,
    folders: Sequence[Path] = (),
    index: str | None = None,
    timeout: float = TIMEOUT,
    unlocked: bool = False,
    limit: float = LIMIT,
) -> AsInstalled:
    """Install a wheel with its dependencies and import its modules, in every way and release.

    Args:
        wheel: the file.
        runtimes: The runtimes to install in.
        host: the machine; offline, dependencies come from ``folders`` and the cache.
        node: the engine for micropip's and pip's way.
        browser: a browser, if that way is wanted.
        folders: Folders of wheels, for dependencies.
        index: the address of a simple index; None for the one that the environment names, else PyPI.
        timeout: seconds for each interpreter.
        unlocked: in Node, the wheel may do to the machine what we can.
        limit: seconds for all installations and imports together.

    Raises:
        FailedError: not all was done within the limit.
        MissingError: something that an installation needs cannot be had; the message says what and why.
        WheelError: the file is not a wheel.
    """
    # What is lacking is told before minutes are spent on the other ways.
    check_pip()
    if not unlocked:
        check_lockable(node)
    with open_wheel(wheel) as opened:
        modules = imports_of(opened, [*platforms_of(opened), *(runtime.platform for runtime in runtimes)])
        requirement = f"{opened.name.distribution}=={opened.name.version}"
    places = {runtime.version: install_release(runtime.release, host) for runtime in runtimes}
    bound = Bound(limit)
    sources = Sources(wheel=wheel, folders=folders, releases=places, index=index, host=host)
    ways = [Way.MICROPIP, Way.PIP, *([Way.BROWSER] if browser else [])]
    installations = []
    with (
        Mirror(sources) as mirror,
        host.progress.task(f"installing {wheel.name}", len(places) * len(ways)) as task,
    ):
        for runtime in runtimes:
            trial = _Trial(
                requirement=requirement,
                modules=modules,
                runtime=runtime,
                folder=places[runtime.version],
                mirror=mirror,
                node=node,
                browser=browser,
                host=bound.host(host),
                timeout=timeout,
                unlocked=unlocked,
                bound=bound,
            )
            for way in ways:
                task.describe(f"installing {wheel.name} in {runtime.version} with {way}")
                installation = trial.by(way)
                _complain(installation, wheel, sources)
                installations.append(installation)
                task.advance()
    engine = f"node {node.version}"
    return AsInstalled(
        wheel=wheel,
        engines=tuple((way, browser.version if browser and way is Way.BROWSER else engine) for way in ways),
        installations=tuple(installations),
        stand_ins=tuple(sorted(sources.stand_ins)),
    )


def _complain(installation: Installation, wheel: Path, sources: Sources) -> None:
    """What failed for want of a file says nothing about the wheel.

    Raises:
        MissingError: so it is.
    """
    if installation.ok or not sources.lacking:
        return
    raise MissingError(
        f"{wheel.name} cannot be installed with {installation.way} in {installation.release}, for want of",
        details=[f"{name}: {reason}" for name, reason in sorted(sources.lacking.items())],
        hint="put the missing files into a folder and name it with --find-links DIR;\n"
        "--runtime V tries another release",
    )


@value
class _Trial:
    requirement: str
    modules: Sequence[Attempt]
    runtime: Runtime
    folder: Path
    mirror: Mirror
    node: Node
    browser: Browser | None
    host: Host
    timeout: float
    unlocked: bool
    bound: Bound

    def by(self, way: Way) -> Installation:
        if way is Way.PIP:
            return self._by_pip()
        return self._in_turn(way, self._micropip if way is Way.MICROPIP else self._page)

    def _by_pip(self) -> Installation:
        with temporary() as site:
            found = pip_install(
                self.requirement, site, runtime=self.runtime, server=self.mirror.address, host=self.host
            )
            tried = () if found.error else self._imported(site)
        return self._installation(Way.PIP, found, tried)

    def _imported(self, site: Path) -> tuple[Tried, ...]:
        probes = [Probe(module=module.module, path=module.path) for module in self.modules]
        interpreters = Interpreters(
            site=site,
            program=self.node,
            host=self.host,
            timeout=self.timeout,
            unlocked=self.unlocked,
            bound=self.bound,
        )
        told = interpreters.each(probes, self.runtime)
        return tuple(
            _tried(module, heard.messages, heard.died)
            for module, heard in zip(self.modules, told, strict=True)
        )

    def _in_turn(self, way: Way, start: Start) -> Installation:
        """One interpreter after another, until every module has had its turn."""
        left, tried, found = list(self.modules), list[Tried](), None
        while found is None or left:
            messages, died = start(left)
            self.bound.check()
            installed = next((item for item in messages if isinstance(item, Installed)), None)
            if installed is None or installed.error:
                found = installed or Installed(error=died, distributions={}, files=frozenset())
                break
            found = found or installed
            behind = messages[messages.index(installed) + 1 :]
            for module, (chunk, ended) in zip(left.copy(), _chunks(behind), strict=False):
                if ended or died:
                    tried.append(_tried(module, chunk, "" if ended else died))
                    left.remove(module)
            if not behind and left:  # It died of nothing that it was asked to do.
                tried.append(Tried(module=left.pop(0).module, outcome=Outcome.KILLED, message=died))
        return self._installation(way, found, tuple(tried))

    def _micropip(self, modules: Sequence[Attempt]) -> tuple[Sequence[Message], str]:
        with temporary() as cache:
            batch = Batch(
                release=self.folder,
                requests=(Request(install=self._install(modules, cache)),),
                memory=obtain_snapshot(self.runtime.release, self.folder, {}, self.node, self.host),
            )
            room = Room(writes=(cache,), network=self.mirror.address, seconds=self.timeout)
            ((heard,),) = drive(
                batch,
                self.node,
                self.host,
                room=None if self.unlocked else room,
                timeout=self.timeout,
            )
        return heard.messages, heard.died

    def _page(self, modules: Sequence[Attempt]) -> tuple[Sequence[Message], str]:
        assert self.browser is not None
        return browse(
            self.runtime.version,
            self._install(modules, Path()),
            mirror=self.mirror,
            browser=self.browser,
            host=self.host,
            timeout=self.timeout,
        )

    def _install(self, modules: Sequence[Attempt], cache: Path) -> Install:
        return Install(
            requirement=self.requirement,
            modules=tuple((module.module, module.path) for module in modules),
            server=self.mirror.address,
            cache=cache,
        )

    def _installation(self, way: Way, found: Installed, tried: tuple[Tried, ...]) -> Installation:
        return Installation(
            way=way,
            release=self.runtime.version,
            error=found.error,
            distributions=tuple(sorted(found.distributions.items())),
            files=found.files,
            modules=tried,
        )


def _chunks(messages: Sequence[Message]) -> Iterator[tuple[list[Message], bool]]:
    """What was said of each module, and whether its import came to an end."""
    chunk: list[Message] = []
    for message in messages:
        chunk.append(message)
        if isinstance(message, Imported):
            yield chunk, True
            chunk = []
    yield chunk, False


def _tried(module: Attempt, messages: Sequence[Message], died: str) -> Tried:
    account = Account.of(messages, module.path, died=died)
    if not account.error and not account.died:
        return Tried(module=module.module, outcome=Outcome.LOADED)
    verdict = account.verdict()
    if verdict is None or verdict[0] is Outcome.LOADED:
        verdict = (Outcome.KILLED, died) if died else (Outcome.RAISED, account.error)
    return Tried(module=module.module, outcome=verdict[0], message=verdict[1])
