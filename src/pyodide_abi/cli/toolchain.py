"""``pyodide-abi toolchain``: install, list, find or remove compilers and interpreters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.errors import MissingError, UsageError
from pyodide_abi.values import replace

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pyodide_abi.cli.session import Session
    from pyodide_abi.host import Host
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.toolchain import HostPython, Source, Toolchain

#: The parts of the cache that `list` shows and `remove` removes from.
_PREFIXES = ("toolchains", "pythons", "rust", "rust-libraries")
#: What `install` and `where` may be asked for by name.
_RUST = "rust"
_DRIVERS = ("emcc", "emxx", "emar", "emranlib")
_PROGRAMS = ("clang", "clangxx", "wasm_ld", "llvm_ar", "llvm_nm", "node")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add arguments, a description and examples."""
    from pyodide_abi.toolchain import Source

    parser.description = (
        "install   fetch the platform's compiler, and a CPython of its minor version if this machine has\n"
        "          none, into the cache: no root, no change to the system. 'install rust': what a project\n"
        "          in Rust needs, with the standard library for the target\n"
        "list      what is at hand: in the cache, on the PATH, in $EMSDK\n"
        "where     the compiler and the interpreter that a build would use now, or the Rust ('where rust');\n"
        "          never uses the network\n"
        "remove    delete one from the cache, by the name that 'list' gives\n"
        "\n"
        "A build does by itself what 'install' does. docs/how-to/toolchains.md tells the sources apart."
    )
    parser.epilog = (
        "examples:\n"
        "  pyodide-abi toolchain install --platform 314_0\n"
        "  pyodide-abi toolchain install --source debian\n"
        "  pyodide-abi toolchain install rust --platform 2025_0\n"
        "  pyodide-abi toolchain where --toolchain-mismatch allow --format json\n"
        "  pyodide-abi toolchain remove debian-6.0.5\n\n"
        "exit status: 0 done, 2 there is nothing of that name, or a wrong call; 3 it cannot be had, or for\n"
        "where: it is not here.\n"
    )
    parser.add_argument("action", choices=("install", "list", "where", "remove"), help="see above")
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="for remove: what to delete; for install and where: rust"
    )
    parser.add_argument("--platform", metavar="P", help="any name of a platform (default: newest stable)")
    parser.add_argument(
        "--source",
        choices=tuple(Source),
        help="nothing but this: path, emsdk (at hand), official, debian (fetched). Default: in this order",
    )
    parser.add_argument(
        "--toolchain-mismatch",
        choices=("refuse", "allow"),
        default="refuse",
        help="whether an Emscripten that is not the platform's version will do (default: refuse)",
    )
    parser.add_argument(
        "--emscripten-mirror", metavar="URL", help="another server with Emscripten's official builds"
    )
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="for people (the default) or for programs"
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Do what the action says."""
    from pyodide_abi.platforms import default_platform, load_platform
    from pyodide_abi.toolchain import Source

    _check_name(args.action, args.name)
    platform = load_platform(args.platform) if args.platform else default_platform()
    source = Source(args.source) if args.source else None
    if args.name == _RUST and args.action != "remove":
        _rust(platform, args, session)
    elif args.action == "install":
        _install(platform, source, _host(args, session), session)
    elif args.action == "list":
        _list(args.format, session)
    elif args.action == "where":
        _where(platform, source, args, session)
    else:
        _remove(args.name, session)
    return 0


def _check_name(action: str, name: str | None) -> None:
    if action == "remove":
        if name is None:
            raise UsageError("'toolchain remove' needs a NAME")
    elif name is not None and (name != _RUST or action == "list"):
        raise UsageError(f"'toolchain {action}' takes no NAME" + (" but rust" if action != "list" else ""))


def _host(args: argparse.Namespace, session: Session) -> Host:
    from pyodide_abi.toolchain.official import MIRROR_VARIABLE

    if not args.emscripten_mirror:
        return session.host
    environ = {**session.host.environ, MIRROR_VARIABLE: args.emscripten_mirror}
    return replace(session.host, environ=environ)


def _install(platform: Platform, source: Source | None, host: Host, session: Session) -> None:
    from pyodide_abi.toolchain import find_python, install_toolchain
    from pyodide_abi.toolchain.find import ALLOW
    from pyodide_abi.toolchain.system_libraries import make_system_libraries

    toolchain = install_toolchain(platform, host, source=source)
    find_python(platform.python.version, host)
    make_system_libraries(toolchain, platform, host)
    session.console().print(str(toolchain.root))
    if toolchain.emscripten != platform.emscripten:
        host.progress.say(f"builds for {platform.name} use it only with {ALLOW}")


def _rust(platform: Platform, args: argparse.Namespace, session: Session) -> None:
    """Install what compiles Rust for the platform, or say what would."""
    from pyodide_abi.toolchain import RustSource, find_present_rust, install_rust

    host = session.host
    if args.source not in {None, *RustSource}:
        raise UsageError(
            f"Rust does not come from '{args.source}'", hint=f"--source {' or '.join(RustSource)}"
        )
    source = RustSource(args.source) if args.source else None
    if args.action == "install":
        found = install_rust(platform, host, source=source)
    else:
        at_hand = find_present_rust(platform, host, source=source)
        if at_hand is None:
            raise MissingError(
                f"there is no Rust with a standard library for {platform.name}",
                hint=f"pyodide-abi toolchain install rust --platform {platform.name}",
            )
        found = at_hand
    library = found.library or found.rust.sysroot
    if args.format == "json":
        facts = {
            "platform": platform.name,
            "rust": {
                "source": found.rust.source.value,
                "version": found.rust.name,
                "programs": {"rustc": str(found.rust.rustc), "cargo": str(found.rust.cargo)},
                "library": str(library),
                "flags": list(found.flags),
            },
        }
        _write_json([facts], session)
        return
    rows = [("rust", f"{found.rust.name} ({found.rust.source})"), ("rustc", found.rust.rustc)]
    rows += [("cargo", found.rust.cargo), ("library", library)]
    rows += [("flags", " ".join(found.flags))] if found.flags else []
    for name, value in rows:
        session.console().print(f"{name:<12}  {value}")


def _list(form: str, session: Session) -> None:
    from pyodide_abi.toolchain import find_present, find_present_rusts

    host = session.host
    compilers = [
        {"kind": "compiler", "source": one.source.value, "version": one.version, "place": str(one.place)}
        for one in find_present(host)
    ]
    pythons = [
        {
            "kind": "interpreter",
            "source": key.rpartition("/")[2].partition("-")[0],
            "version": key.rpartition("-")[2],
            "place": str(host.store.root / key),
        }
        for key in host.store.keys("pythons")
    ]
    rusts = [
        {"kind": "rust", "source": one.source.value, "version": one.name, "place": str(one.sysroot)}
        for one in find_present_rusts(host)
    ]
    libraries = [
        {
            "kind": "rust-std",
            "source": "built",
            "version": key.rpartition("/")[2].partition("-")[0],
            "place": str(host.store.root / key),
        }
        for key in host.store.keys("rust-libraries")
    ]
    found = [*compilers, *pythons, *rusts, *libraries]
    console = session.console()
    if form == "json":
        _write_json(found, session)
        return
    for one in found:
        console.print(f"{one['kind']:<11}  {one['source']:<8}  {one['version']:<10}  {one['place']}")
    if not found:
        host.progress.say("nothing is at hand; 'pyodide-abi toolchain install' fetches what is needed")


def _where(platform: Platform, source: Source | None, args: argparse.Namespace, session: Session) -> None:
    from pyodide_abi.cli.settings import set_by
    from pyodide_abi.toolchain import find_present_python, find_toolchain

    host = replace(session.host, offline=True)
    toolchain = find_toolchain(
        platform,
        host,
        mismatch_allowed=args.toolchain_mismatch == "allow",
        source=source,
        allowed_by=set_by(args, "toolchain_mismatch"),
    )
    python = find_present_python(platform.python.version, host)
    if python is None:
        raise MissingError(
            f"there is no CPython {platform.python.version} with headers",
            hint=f"pyodide-abi toolchain install --platform {platform.name}",
        )
    console = session.console()
    if args.format == "json":
        _write_json([_facts(platform, toolchain, python)], session)
        return
    for name, value in _rows(toolchain, python):
        console.print(f"{name:<12}  {value}")


def _write_json(results: Sequence[object], session: Session) -> None:
    from pyodide_abi.report.envelope import to_envelope

    session.out.write(to_envelope("toolchain", results))


def _facts(platform: Platform, toolchain: Toolchain, python: HostPython) -> dict[str, object]:
    return {
        "platform": platform.name,
        "toolchain": {
            "source": toolchain.source.value,
            "root": str(toolchain.root),
            "emscripten": toolchain.emscripten,
            "exact": toolchain.emscripten == platform.emscripten,
            "llvm": toolchain.llvm,
            "emscripten_root": str(toolchain.emscripten_root),
            "binaryen": str(toolchain.binaryen),
            "programs": {name: str(getattr(toolchain, name)) for name in (*_DRIVERS, *_PROGRAMS)},
            "environ": dict(toolchain.environ),
        },
        "python": {
            "executable": str(python.executable),
            "version": python.version,
            "include": str(python.include),
            "source": python.source,
        },
    }


def _rows(toolchain: Toolchain, python: HostPython) -> list[tuple[str, object]]:
    return [
        ("emscripten", f"{toolchain.emscripten} ({toolchain.source})"),
        ("root", toolchain.root),
        *((name, getattr(toolchain, name)) for name in _DRIVERS),
        ("llvm", toolchain.llvm),
        *((name, getattr(toolchain, name)) for name in _PROGRAMS),
        ("python", f"{python.version} ({python.source})"),
        ("", python.executable),
    ]


def _remove(name: str, session: Session) -> None:
    store = session.host.store
    keys = [key for prefix in _PREFIXES for key in store.keys(prefix)]
    chosen = [key for key in keys if name in {key, key.rpartition("/")[2]}]
    if len(chosen) != 1:
        known = ", ".join(keys) or "nothing"
        what = "is not in the cache" if not chosen else "is ambiguous"
        raise UsageError(f"'{name}' {what}", hint=f"in the cache: {known}")
    store.remove(chosen[0])
    session.host.progress.say(f"removed {store.root / chosen[0]}")
