"""Debian's archive through the host's own apt, with private state: no root, nothing of the system changes.

apt keeps what it knows in folders that can be named. Given an empty database of installed packages, lists of
its own and one source made from the host's mirror, it resolves, fetches and verifies packages for a machine
that has nothing installed. Signatures are checked as always: the key is the one that the host's own source
names. ``dpkg -x`` then unpacks them anywhere.
"""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pyodide_abi.errors import MissingError, OfflineError
from pyodide_abi.process import find_executable
from pyodide_abi.toolchain.apt_sources import find_mirror, read_sources, stanza
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pyodide_abi.host import Host
    from pyodide_abi.process import Completed

#: The suite that carries a recent Emscripten and the newest CPythons. It moves: what it has is read anew.
SUITE = "testing"
#: The kinds of packages that a source of apt's can have (sources.list(5)).
BINARY, SOURCE = "deb", "deb-src"
_PROGRAMS = ("apt-get", "apt-cache", "dpkg", "dpkg-deb")
#: apt's own program for a single file of known digest; it is not on the PATH.
_HELPER = "usr/lib/apt/apt-helper"
_SOURCE_LINE = re.compile(
    r"^'(?P<address>[^']+)' (?P<file>(?P<name>[^_\s]+)_(?P<version>\S+)\.orig\.tar\.\w+)"
    r" \d+ (?P<digest>SHA\d+:\w+)",
    re.MULTILINE,
)
_URI_LINE = re.compile(r"^'[^']+' (?P<file>\S+\.deb) (?P<size>\d+)(?: |$)")
#: In the order in which apt reads them, this file comes last (apt.conf(5)). The hooks of the host's own
#: configuration are for the system's cache; a host's pins and foreign architectures are not ours either.
_CONFIGURATION = """\
#clear APT::Update;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear APT::Architectures;
#clear Acquire::IndexTargets::deb::DEP-11;
#clear Acquire::IndexTargets::deb::DEP-11-icons;
#clear Acquire::IndexTargets::deb::DEP-11-icons-small;
#clear Acquire::IndexTargets::deb::DEP-11-icons-large;
APT::Architecture "{architecture}";
APT::Architectures {{ "{architecture}"; }};
APT::Install-Recommends "false";
APT::Install-Suggests "false";
APT::Sandbox::User "{user}";
Acquire::Languages "none";
Acquire::GzipIndexes "true";
Dir::Etc::sourcelist "{folder}/debian.sources";
Dir::Etc::sourceparts "-";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "{folder}/state";
Dir::State::lists "{folder}/state/lists";
Dir::State::status "{folder}/state/status";
Dir::State::extended_states "{folder}/state/extended_states";
Dir::Cache "{folder}/cache";
Dir::Cache::archives "{folder}/cache/archives";
Dir::Log "{folder}/log";
"""


@value
class Package:
    """A package that apt has chosen.

    Attributes:
        name: without version.
        version: with epoch and Debian revision.
        file: The name of the archive in the cache.
        size: in bytes.
    """

    name: str
    version: str
    file: str
    size: int


@value
class SourceTarball:
    """What upstream released, as a source package has it.

    Attributes:
        address: The place where the archive keeps it.
        file: The file's name.
        version: upstream's, without what Debian added to it (``+dfsg``).
        digest: as apt has it, ``SHA256:…``, from the signed index.
    """

    address: str
    file: str
    version: str
    digest: str


@value
class Archive:
    """A suite of Debian's archive, seen through a private apt.

    Attributes:
        host: the machine.
        folder: the private state.
        configuration: the file that tells apt about it.
        suite: The suite's name.
        root: The folder where apt is installed.
    """

    host: Host
    folder: Path
    configuration: Path
    suite: str = SUITE
    root: Path = Path("/")

    def refresh(self) -> None:
        """Read the suite's lists anew (conditionally: unchanged ones are not fetched).

        Raises:
            OfflineError: the network is off limits.
            MissingError: apt could not reach or verify the suite; the message is its own.
        """
        if self.host.offline:
            raise OfflineError(f"Debian's archive ({self.suite}) cannot be read: the network is off limits")
        done = self._apt("apt-get", "update", "--error-on=any")
        _check(done, f"apt could not read the lists of Debian's '{self.suite}'")

    def candidate(self, package: str) -> str | None:
        """The version that the suite has; None if it has no such package."""
        done = self._apt("apt-cache", "policy", package)
        match = re.search(r"^\s+Candidate: (\S+)$", done.stdout, re.MULTILINE)
        return match.group(1) if match and match.group(1) != "(none)" else None

    def closure(self, names: Sequence[str], *, without: Sequence[str] = ()) -> list[Package]:
        """The packages and everything they depend on.

        Args:
            names: The names of packages.
            without: regular expressions of whole names to leave out.

        Raises:
            MissingError: the suite cannot satisfy them.
        """
        # An empty cache: apt does not list what it need not fetch.
        empty = f"Dir::Cache::archives={self.folder / 'none'}"
        done = self._apt("apt-get", "-qq", "-o", empty, "--print-uris", "install", *names)
        _check(done, f"Debian's '{self.suite}' cannot provide {', '.join(names)}")
        packages = [_package(match) for line in done.stdout.splitlines() if (match := _URI_LINE.match(line))]
        skip = re.compile("|".join(without) or r"(?!)")
        return [package for package in packages if not skip.fullmatch(package.name)]

    def fetch(self, packages: Sequence[Package]) -> list[Path]:
        """Download and verify; what an earlier, interrupted call has fetched is not fetched again."""
        archives = self.folder / "cache" / "archives"
        size = sum(package.size for package in packages) / 1e6
        text = f"fetching {len(packages)} packages ({size:.0f} MB) from Debian's archive"
        with self.host.progress.task(text, total=len(packages)) as task:

            def on_line(line: str) -> None:
                words = line.split()
                if line.startswith("Get:") and len(words) > 4:  # noqa: PLR2004 - Get:N URI SUITE ARCH NAME
                    task.advance()
                    task.describe(f"fetching {words[4]}")

            wanted = [f"{package.name}={package.version}" for package in packages]
            done = self._apt("apt-get", "download", *wanted, cwd=archives, on_line=on_line)
        _check(done, "apt could not fetch packages of Debian's archive")
        return [archives / package.file for package in packages]

    def unpack(self, files: Sequence[Path], folder: Path) -> None:
        """Unpack the packages' files below ``folder``, without running anything of theirs."""
        with self.host.progress.task(f"unpacking {len(files)} packages", total=len(files)) as task:

            def unpack_one(file: Path) -> Completed:
                return self.host.runner.run(["dpkg", "-x", file, folder], environ=self.host.environ)

            # One dpkg per core: each only decompresses and writes files of its own.
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                for file, done in zip(files, pool.map(unpack_one, files), strict=True):
                    _check(done, f"dpkg could not unpack {file.name}")
                    task.describe(f"unpacked {file.name.partition('_')[0]}")
                    task.advance()

    def contents(self, file: Path) -> list[str]:
        """The files in a package, relative to the root."""
        done = self.host.runner.run(["dpkg-deb", "--contents", file], environ=self.host.environ)
        _check(done, f"dpkg-deb could not list {file.name}")
        lines = (line.split(maxsplit=5)[-1].partition(" -> ")[0] for line in done.stdout.splitlines())
        return [line.removeprefix("./") for line in lines if not line.endswith("/")]

    def forget(self, files: Sequence[Path]) -> None:
        """Delete fetched packages that have served."""
        for file in files:
            file.unlink(missing_ok=True)

    def source(self, package: str) -> SourceTarball:
        """The tarball of the suite's newest source package of that name.

        Raises:
            MissingError: the suite has no such package, or it has no tarball of its own.
        """
        # An empty folder: apt does not list what lies there already.
        empty = self.folder / "none"
        done = self._apt("apt-get", "-qq", "--print-uris", "--only-source", "source", package, cwd=empty)
        _check(done, f"Debian's '{self.suite}' has no source package {package}")
        found = next(
            (match for match in _SOURCE_LINE.finditer(done.stdout) if match.group("name") == package), None
        )
        if found is None:
            raise MissingError(
                f"Debian's source package {package} ({self.suite}) has no tarball of upstream's"
            )
        return SourceTarball(
            address=found.group("address"),
            file=found.group("file"),
            version=unquote(found.group("version")).partition("+")[0],
            digest=found.group("digest"),
        )

    def fetch_source(self, tarball: SourceTarball, folder: Path) -> Path:
        """Download a tarball into a folder, and verify it; other files of its package are not needed.

        Raises:
            MissingError: the mirror does not have it, or has another one.
        """
        file = folder / tarball.file
        helper = str(self.root / _HELPER)
        done = self._apt(helper, "download-file", tarball.address, str(file), tarball.digest)
        _check(done, f"apt could not fetch {tarball.file} of Debian's '{self.suite}'")
        return file

    def _apt(
        self,
        *words: str,
        cwd: Path | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        environ = dict(self.host.environ) | {"LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        environ.pop("APT_CONFIG", None)
        argv = (words[0], "-c", str(self.configuration), *words[1:])
        return self.host.runner.run(argv, environ=environ, cwd=cwd, on_line=on_line)


def available(host: Host, root: Path = Path("/")) -> str:
    """Why Debian's archive cannot be used on this machine; empty if nothing speaks against it."""
    for program in _PROGRAMS:
        try:
            find_executable(program, host.environ)
        except MissingError:
            return f"there is no '{program}'"
    if find_mirror(read_sources(root / "etc/apt"), _codename(root)) is None:
        return f"no source of Debian's archive is set up in {root / 'etc/apt'}"
    return ""


@contextmanager
def open_archive(
    host: Host, root: Path = Path("/"), *, suite: str = SUITE, kind: str = BINARY
) -> Iterator[Archive]:
    """A suite, for one process at a time.

    Args:
        host: the machine.
        root: The folder above ``etc/apt`` and ``etc/os-release``.
        suite: The suite's name.
        kind: The kind of its packages.

    Raises:
        MissingError: this is no Debian, or it lacks apt.
    """
    from filelock import FileLock  # noqa: PLC0415 - only those who fetch need it

    reason = available(host, root)
    mirror = find_mirror(read_sources(root / "etc/apt"), _codename(root))
    if reason or mirror is None:
        raise MissingError(f"Debian's archive cannot be used here: {reason}")
    folder = host.store.root / "apt" / (f"debian-{suite}" + "-sources" * (kind == SOURCE))
    for part in ("state/lists/partial", "cache/archives/partial", "none/partial", "log"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        # No package is installed: everything that is needed, down to the C library, is fetched.
        (folder / "state/status").write_text("")
        (folder / "debian.sources").write_text(stanza(mirror, suite, kind), "utf-8")
        configuration = folder / "apt.conf"
        configuration.write_text(
            _CONFIGURATION.format(architecture=_architecture(host), folder=folder, user=_user()), "utf-8"
        )
        yield Archive(host=host, folder=folder, configuration=configuration, suite=suite, root=root)


def _architecture(host: Host) -> str:
    done = host.runner.run(["dpkg", "--print-architecture"], environ=host.environ)
    _check(done, "dpkg does not say its architecture")
    return done.stdout.strip()


def _user() -> str:
    """Under root, apt fetches as a user of its own, who may not enter the cache folder of root's home."""
    return "root" if os.geteuid() == 0 else ""


def _codename(root: Path) -> str:
    """Of the host's Debian; empty on other distributions, whose mirrors are of something else."""
    try:
        text = (root / "etc/os-release").read_text("utf-8")
    except OSError:
        return ""
    fields = dict(re.findall(r'^(ID|VERSION_CODENAME)="?([\w-]+)"?$', text, re.MULTILINE))
    return fields.get("VERSION_CODENAME", "") if fields.get("ID") == "debian" else ""


def _package(match: re.Match[str]) -> Package:
    file = match.group("file")
    name, version, _ = file.removesuffix(".deb").rsplit("_", 2)
    return Package(name=name, version=unquote(version), file=file, size=int(match.group("size")))


def _check(done: Completed, message: str) -> None:
    """Raise with the tool's own last words.

    Raises:
        MissingError: it failed.
    """
    if done.returncode != 0:
        text = done.stderr or done.stdout
        words = [line for line in text.splitlines() if line.startswith(("E:", "W:", "Err", "dpkg"))]
        hint = "\n".join((words or text.splitlines())[-6:])
        raise MissingError(f"{message} (exit status {done.returncode})", hint=hint)
