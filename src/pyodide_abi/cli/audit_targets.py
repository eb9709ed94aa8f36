"""What ``audit`` is given: files, folders, stdin, addresses and requirements, each made into files."""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError, OfflineError, PyodideAbiError, UnreadableInputError, UsageError
from pyodide_abi.files import LARGEST, read_file
from pyodide_abi.platforms import default_platform
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyodide_abi.cli.session import Session
    from pyodide_abi.platforms.model import Platform

_STDIN = frozenset({"-", "/dev/stdin", "/dev/fd/0"})
_WHEEL = ".whl"
#: The lock file that makes a folder an index of Pyodide's.
_LOCK = "pyodide-lock.json"
_ZIP = b"PK\x03\x04"
_ADDRESS = re.compile(r"(https?|ftp|file)://")
#: A requirement (PEP 508), as far as one is typed: a name, extras, versions; compiled for words that are no
#: file's name.
_REQUIREMENT = r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[^\]]*\])?\s*((==|~=|!=|<=|>=|<|>|===)[^/]*)?"
_FILES = (".whl", ".so", ".wasm", ".a", ".o", ".gz", ".zip", ".tgz", ".py", ".toml", ".txt", ".json")
#: Lines of pip's that are shown where it finds nothing.
_SAID = 4


@value
class AuditTarget:
    """One thing to audit.

    Attributes:
        given: What to call it: the words of the command line, or the path of a file in a folder named there.
        path: Where it lies; None if it cannot be had.
        error: Why it cannot be had.
    """

    given: str
    path: Path | None = None
    error: PyodideAbiError | None = None


def targets_of(
    words: list[str], platform: Platform | None, session: Session, scratch: Callable[[], Path]
) -> Iterator[AuditTarget]:
    """What the words of a command line stand for; one that stands for nothing has an error in its place.

    Args:
        words: Files, folders of wheels, folders of installed files, ``-``, addresses of wheels, requirements.
        platform: That of wheels that are fetched by their projects' names, if one was asked for. Without, a
            name alone is a file that is not there: a slip of the pen must not fetch a stranger's wheel.
        session: The command's.
        scratch: Makes a folder for what is fetched, or gives the one that it made.
    """
    for word in words:
        try:
            yield from _targets_of(word, platform, session, scratch)
        except PyodideAbiError as error:
            yield AuditTarget(given=word, error=error)


def _targets_of(
    word: str, platform: Platform | None, session: Session, scratch: Callable[[], Path]
) -> Iterator[AuditTarget]:
    if word in _STDIN:
        yield AuditTarget(given=word, path=_from_stdin(scratch()))
        return
    path = session.cwd / Path(word).expanduser()
    if path.exists() and not path.is_file() and not path.is_dir():
        yield AuditTarget(given=word, path=_from_pipe(read_file(path), word, scratch()))
    elif path.is_dir():
        wheels = sorted(path.rglob(f"*{_WHEEL}"))
        if (path / _LOCK).is_file():
            yield AuditTarget(given=(Path(word) / _LOCK).as_posix(), path=path / _LOCK)
        elif not wheels:
            yield AuditTarget(given=word, path=path)
        for wheel in wheels:
            yield AuditTarget(given=(Path(word) / wheel.relative_to(path)).as_posix(), path=wheel)
    elif not path.exists() and (_ADDRESS.match(word) or _is_requirement(word)):
        if platform is None and not _ADDRESS.match(word) and re.fullmatch(r"[\w.-]+", word):
            raise UnreadableInputError(
                f"there is no file {path}",
                hint=f"for the newest wheel of a project: pyodide-abi audit {word} --platform NAME",
            )
        yield AuditTarget(given=word, path=_fetched(word, platform or default_platform(), session, scratch()))
    else:
        yield AuditTarget(given=word, path=path)


def _is_requirement(word: str) -> bool:
    return bool(re.fullmatch(_REQUIREMENT, word)) and not word.endswith(_FILES)


def _from_stdin(scratch: Path) -> Path:
    data = sys.stdin.buffer.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise UnreadableInputError(f"more than {LARGEST >> 20} MB came on stdin")
    if not data:
        raise UnreadableInputError(
            "nothing came on stdin", hint="'-' stands for a wheel or a module on stdin"
        )
    return _from_pipe(data, "stdin", scratch)


def _said_by(stderr: str) -> list[str]:
    """The lines of what pip says, without the frames of a traceback where it ends with one."""
    said = [line.removeprefix("ERROR: ") for line in stderr.splitlines() if line.strip()]
    if any(line.startswith("Traceback (most recent call last)") for line in said):
        said = [line for line in said if not line.startswith((" ", "Traceback "))][-1:]
    return said


def _from_pipe(data: bytes, name: str, scratch: Path) -> Path:
    """What came from a pipe, as a file: a wheel under the name that its metadata gives it, or a module."""
    path = scratch / (_wheel_name(data, name) if data.startswith(_ZIP) else _module_name(data, name))
    path.write_bytes(data)
    return path


def _module_name(data: bytes, source: str) -> str:
    """A file name for a module that came without one: that of its only init function, else its source's."""
    from pyodide_abi.abi.symbols import INIT_PREFIXES
    from pyodide_abi.wasm import read_module

    own = Path(source).name
    with suppress(PyodideAbiError):
        exports = [one.name for one in read_module(data).exports]
        names = {
            name.removeprefix(prefix)
            for prefix in INIT_PREFIXES
            for name in exports
            if name.startswith(prefix)
        }
        if len(names) == 1 and re.fullmatch(r"\w{1,200}", name := names.pop(), re.ASCII):
            own = name
    return f"{own}.so"


def _wheel_name(data: bytes, source: str) -> str:
    """The file name that belongs to a wheel, from its ``.dist-info`` folder and the tags in WHEEL."""
    import io
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            member = next(
                name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/WHEEL", name)
            )
            lines = archive.read(member).decode(errors="replace").splitlines()
    except (zipfile.BadZipFile, StopIteration, OSError, ValueError) as error:
        raise UnreadableInputError(f"what came on {source} is a zip archive and no wheel") from error
    tags = [line.partition(":")[2].strip().split("-") for line in lines if line.startswith("Tag:")]
    if not tags or any(len(tag) != 3 for tag in tags):  # noqa: PLR2004 - Python, ABI, platform
        raise UnreadableInputError(f"the wheel on {source} has no tag in its WHEEL file")
    parts = (".".join(dict.fromkeys(tag[number] for tag in tags)) for number in range(3))
    return "-".join((member.partition(".dist-info/")[0], *parts)).replace("/", "_") + _WHEEL


def _fetched(word: str, platform: Platform, session: Session, scratch: Path) -> Path:
    """The wheel of an address, or of a requirement for a platform, by pip with all of its settings."""
    host = session.host
    if host.offline:
        raise OfflineError(f"{word} is no file here, and --offline forbids fetching it")
    folder = scratch / f"fetched-{len(list(scratch.iterdir()))}"
    major, minor = platform.python.version.split(".")
    python = f"cp{major}{minor}"
    wanted = [
        *("--only-binary", ":all:", "--python-version", platform.python.version, "--implementation", "cp"),
        *(option for abi in (python, "abi3", "none") for option in ("--abi", abi)),
        *(option for tag in (*platform.tags, None) for option in ("--platform", tag.tag if tag else "any")),
    ]
    argv: list[str | Path] = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    argv += ["--disable-pip-version-check", "--dest", folder, *([] if _ADDRESS.match(word) else wanted), word]
    with host.progress.task(f"fetching {word}"):
        done = host.runner.run(argv, environ=host.environ)
    wheels = list(folder.glob(f"*{_WHEEL}")) if folder.is_dir() else []
    if done.returncode == 0 and wheels:
        return wheels[0]
    said = _said_by(done.stderr)
    if any("No module named pip" in line for line in said):
        raise MissingError(
            f"there is no pip to fetch {word} with",
            hint=f"{sys.executable} -m ensurepip, or download the wheel",
        )
    if done.returncode == 0:
        raise UsageError(f"{word} is no wheel", hint="'pyodide-abi build' makes a wheel of sources")
    where = "" if _ADDRESS.match(word) else f" for the platform {platform.name}"
    raise UsageError(
        f"{word} is no file here, and pip finds no wheel of it{where}",
        details=said[-_SAID:],
        hint="name a file, or another platform with --platform",
    )
