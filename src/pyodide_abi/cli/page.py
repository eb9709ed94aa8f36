"""``pyodide-abi page``: the audit as a page for browsers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from pyodide_abi.cli.session import Session
    from pyodide_abi.page.folder import Beside, Content
    from pyodide_abi.page.server import PageServer
    from pyodide_abi.platforms.model import Runtime

_DESCRIPTION = """\
The audit as a page: whoever drops a wheel on it sees, in the browser, whether it loads in every release.

The page is a folder of static files, which any web server or static host serves. The audit is this very
package and runs in the visitor's browser, in Pyodide; nothing of a wheel is sent anywhere. The release that
it runs in lies beside the page, and so do those of --runtime. Others, for whoever wants to load a wheel in
them, come from the server that publishes them; with --offline the page knows only what lies beside it.
"""

_EPILOG = """\
examples:
  pyodide-abi page --serve
      on this machine, at http://127.0.0.1:8630/
  pyodide-abi page --serve --offline
      from the cache alone
  pyodide-abi page --out public
      a folder for a static host
  pyodide-abi page --out public --runtime 0.29.4 --runtime 314.0.7 --offline
      one that needs no other server, with two releases to load wheels in

exit status: 0 the page is written, or was served until it was interrupted; 2 a wrong call, 3 a release that
cannot be had.
"""

#: Where the page is served unless another port is asked for.
_PORT = 8630


def configure(parser: argparse.ArgumentParser) -> None:
    """Add arguments, a description and examples."""
    from pyodide_abi.cli.options import positive

    parser.description = _DESCRIPTION
    parser.epilog = _EPILOG
    ways = parser.add_mutually_exclusive_group(required=True)
    ways.add_argument("--serve", action="store_true", help="serve it to browsers of this machine")
    ways.add_argument("--out", metavar="DIR", help="write it there")
    parser.add_argument(
        "--port", type=positive, default=_PORT, metavar="N", help=f"--serve: the port (default: {_PORT})"
    )
    parser.add_argument(
        "--runtime",
        action="append",
        default=[],
        metavar="V",
        help="--out: this release lies beside the page, too; may be repeated (--serve: all in the cache)",
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Write the page, or serve it until somebody interrupts.

    Raises:
        UsageError: a release that is not known.
        MissingError: a release that cannot be had.
    """
    from pyodide_abi.page.folder import page_files, write_folder
    from pyodide_abi.platforms import find_runtime

    named = [find_runtime(version) for version in args.runtime]
    files = page_files(_beside(named, session, cached=args.serve))
    if args.out:
        folder = session.cwd / Path(args.out).expanduser()
        write_folder(folder, files)
        session.out.write(f"{folder}\n")
        return 0
    with _server(files, args.port) as server:
        session.out.write(f"{server.address}/\n")
        session.out.flush()
        session.host.progress.say("serving the page until you press Ctrl-C")
        _wait()
    return 0


def _server(files: Mapping[str, Content], port: int) -> PageServer:
    """The server at a port.

    Raises:
        UsageError: the port is none, or somebody has it.
    """
    from pyodide_abi.errors import UsageError
    from pyodide_abi.page.server import PageServer

    try:
        return PageServer(files, port)
    except (OSError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) else "ports end at 65535"
        raise UsageError(
            f"the page cannot be served at port {port}: {why}", hint="name another: --port 8631"
        ) from error


def _beside(named: Sequence[Runtime], session: Session, *, cached: bool) -> Beside:
    """The newest release, fetched if need be, and others."""
    from pyodide_abi.page.folder import Beside
    from pyodide_abi.platforms import load_platforms
    from pyodide_abi.runtime.releases import install_release, installed_folder, newest

    host = session.host
    known = [runtime for platform in load_platforms() for runtime in platform.runtimes]
    main = newest(known)
    folders = {
        runtime.version: install_release(runtime.release, host) for runtime in dict.fromkeys([main, *named])
    }
    if cached:
        for runtime in known:
            folder = installed_folder(runtime.release, host)
            if folder is not None:
                folders[runtime.version] = folder
    return Beside(main=main, folders=folders, cdn=not host.offline)


def _wait() -> None:
    """Until somebody presses Ctrl-C, which ends this quietly."""
    import threading

    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return
