"""A CPython of this machine with the target's minor version, and its headers.

Build backends run in it, and the target's headers are copied from it. Found first: on the PATH, among
pyenv's versions, among uv's, in our cache. Otherwise fetched: by uv, or from Debian's archive.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError, OfflineError
from pyodide_abi.host import matching, on_path
from pyodide_abi.toolchain import relocate
from pyodide_abi.toolchain.apt import open_archive
from pyodide_abi.toolchain.debian import unpack_tree
from pyodide_abi.toolchain.entry import TREE
from pyodide_abi.toolchain.model import HostPython
from pyodide_abi.toolchain.programs import find_program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyodide_abi.host import Host

PREFIX = "pythons"
_SECONDS = 30.0
_DOWNLOAD_SECONDS = 900.0
#: What an interpreter is asked. Debian's scheme for itself names `/usr/local`: the base's folder is a second
#: place to look.
_QUESTION = """\
import json, os, sys, sysconfig
minor = "python%d.%d" % sys.version_info[:2]
places = [sysconfig.get_path("include"), os.path.join(sys.base_prefix, "include", minor)]
print(json.dumps({
    "implementation": sys.implementation.name,
    "version": "%d.%d.%d" % sys.version_info[:3],
    "threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "include": [place for place in places if os.path.isfile(os.path.join(place, "Python.h"))],
}))
"""


def find_python(minor: str, host: Host) -> HostPython:
    """A CPython with headers; fetched into the cache if this machine has none.

    Args:
        minor: such as ``3.14``.
        host: the machine.

    Raises:
        MissingError: none is here and none can be had; the hint says how to install one.
        OfflineError: one would have to be fetched and the network is off limits.
    """
    python = find_present_python(minor, host)
    if python is None:
        python = _provision(minor, host)
    host.progress.say(
        f"host interpreter: CPython {python.version} from {python.source} ({python.executable})"
    )
    return python


def find_present_python(minor: str, host: Host) -> HostPython | None:
    """One that is on this machine; None if there is none. No network."""
    for source, executable in _candidates(minor, host):
        python = _ask(executable, minor, source, host)
        if python is not None:
            return python
    return None


def find_uv(host: Host) -> Path | None:
    """The program ``uv``; None if there is none."""
    return find_program("uv", host)


def _candidates(minor: str, host: Host) -> Iterator[tuple[str, Path]]:
    yield from (("PATH", path) for path in on_path(f"python{minor}", host.environ))
    yield from (("pyenv", path) for path in _pyenv(minor, host))
    yield from (("uv", path) for path in _uv_managed(minor, host))
    yield from _cached(minor, host)


def _pyenv(minor: str, host: Host) -> list[Path]:
    home = host.environ.get("HOME")
    roots = [host.environ.get("PYENV_ROOT"), f"{home}/.pyenv" if home else None]
    found = [path for root in roots if root for path in matching(root, f"versions/*/bin/python{minor}")]
    return sorted(set(found), key=lambda path: _numbers(path.parents[1].name), reverse=True)


def _uv_managed(minor: str, host: Host) -> list[Path]:
    uv = find_uv(host)
    if uv is None:
        return []
    # "uv python list" would start every interpreter on the PATH, each shim of pyenv among them.
    done = host.runner.run([uv, "--offline", "python", "dir"], environ=host.environ, timeout=_SECONDS)
    folder = done.stdout.strip()
    if done.returncode or not folder:
        return []
    found = matching(folder, f"cpython-{minor}.*/bin/python{minor}")
    return sorted(found, key=lambda path: _numbers(path.parents[1].name.split("-")[1]), reverse=True)


def _cached(minor: str, host: Host) -> Iterator[tuple[str, Path]]:
    for key in reversed(host.store.keys(PREFIX)):
        entry = host.store.root / key
        if relocate.settled(entry / TREE):
            executable = entry / TREE / "usr/bin" / f"python{minor}"
            if executable.is_file():
                relocate.follow(entry / TREE, host)
                yield "Debian's archive", executable
        else:
            yield from (("uv", path) for path in sorted(entry.glob(f"cpython-{minor}.*/bin/python{minor}")))


def _ask(executable: Path, minor: str, source: str, host: Host) -> HostPython | None:
    """What it says of itself, or None if it does not run (a shim of pyenv's) or does not serve."""
    done = host.runner.run([executable, "-I", "-c", _QUESTION], environ=host.environ, timeout=_SECONDS)
    try:
        said = json.loads(done.stdout) if done.returncode == 0 else {}
        version, include = str(said["version"]), said["include"]
        fits = said["implementation"] == "cpython" and not said["threaded"]
    except (ValueError, KeyError, TypeError):
        return None
    if not fits or not include or version.rpartition(".")[0] != minor:
        return None
    return HostPython(executable=executable, version=version, include=Path(include[0]), source=source)


def _provision(minor: str, host: Host) -> HostPython:
    """Fetch one.

    Raises:
        MissingError: nobody has one.
        OfflineError: the network is off limits.
    """
    wanted = f"CPython {minor} with its headers"
    hint = f"uv python install {minor}\nor on Debian and Ubuntu: apt-get install python{minor}-dev"
    if host.offline:
        raise OfflineError(f"there is no {wanted} here, and the network is off limits", hint=hint)
    host.progress.say(f"there is no {wanted} on the PATH, among pyenv's, or among uv's; fetching one")
    reasons = []
    for provide in (_from_uv, _from_debian):
        try:
            python = provide(minor, host)
        except MissingError as error:
            reasons.append(f"{error}" + (f": {error.hint.splitlines()[-1]}" if error.hint else ""))
            host.progress.say(str(error))
            continue
        return python
    text = "\n".join(reasons)
    raise MissingError(f"there is no {wanted}, and none could be fetched", hint=f"{hint}\n{text}")


def _from_uv(minor: str, host: Host) -> HostPython:
    uv = find_uv(host)
    if uv is None:
        raise MissingError("there is no uv to fetch an interpreter with")
    program = uv

    def fill(folder: Path, _place: Path) -> None:
        # --no-bin: nothing is put beside the user's own programs.
        argv: list[str | Path] = [program, "python", "install", "--no-bin", "--install-dir", folder, minor]
        with host.progress.task(f"fetching CPython {minor} with uv"):
            # One retry is enough: Debian's archive is next.
            environ = {"UV_HTTP_RETRIES": "1", **host.environ}
            done = host.runner.run(argv, environ=environ, timeout=_DOWNLOAD_SECONDS)
        if done.returncode != 0:
            raise MissingError(f"uv could not fetch CPython {minor}", hint=done.stderr.strip()[-500:])

    entry = host.store.obtain(f"{PREFIX}/uv-{minor}", fill)
    for executable in sorted(entry.glob(f"cpython-{minor}.*/bin/python{minor}")):
        python = _ask(executable, minor, "uv", host)
        if python is not None:
            return python
    host.store.remove(f"{PREFIX}/uv-{minor}")
    raise MissingError(f"what uv fetched as CPython {minor} does not run or has no headers")


def _from_debian(minor: str, host: Host) -> HostPython:
    with open_archive(host) as archive:
        with host.progress.task("reading the lists of Debian's archive"):
            archive.refresh()
        version = archive.candidate(f"python{minor}")
        if version is None:
            raise MissingError(f"Debian's archive has no CPython {minor} at present")
        upstream = version.partition("-")[0].rpartition(":")[2]
        # libstdc++6: wheels for this machine link to the system's, and the system may have none.
        names = (f"python{minor}", f"libpython{minor}-dev", "libstdc++6")

        def fill(folder: Path, place: Path) -> None:
            def work(tree: Path) -> None:
                if _ask(tree / f"usr/bin/python{minor}", minor, "", host) is None:
                    raise MissingError(f"CPython {minor} of Debian's archive does not run here")

            unpack_tree(archive, names, entry=folder, place=place, host=host, work=work)

        entry = host.store.obtain(f"{PREFIX}/debian-{upstream}", fill)
    relocate.follow(entry / TREE, host)
    python = _ask(entry / TREE / "usr/bin" / f"python{minor}", minor, "Debian's archive", host)
    if python is None:
        raise MissingError(
            f"CPython {minor} of Debian's archive does not run here", hint=f"remove {entry} and try again"
        )
    return python


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]
