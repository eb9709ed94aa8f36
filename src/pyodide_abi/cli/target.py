"""What ``build`` and ``exec`` have in common: the options that choose a target, and how it is found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.cli.options import positive

if TYPE_CHECKING:
    import argparse

    from pyodide_abi.build import Target
    from pyodide_abi.cli.session import Session
    from pyodide_abi.libraries import Catalogue
    from pyodide_abi.libraries.building import Libraries
    from pyodide_abi.platforms.model import Platform


def add_platform_option(parser: argparse.ArgumentParser) -> None:
    """The option that names the one platform that something is made for."""
    parser.add_argument(
        "--platform", metavar="P", help="by any of its names (default: the newest stable one)"
    )


def add_platforms_option(parser: argparse.ArgumentParser) -> None:
    """The option that names the platforms that something is made for."""
    parser.add_argument(
        "--platform",
        action="append",
        default=[],
        metavar="P",
        help="by any of its names; may be repeated (default: the newest stable one)",
    )


def add_target_options(parser: argparse.ArgumentParser) -> None:
    """Options that decide what compilers make."""
    parser.add_argument(
        "--exports",
        default="pyinit",
        metavar="HOW",
        help="what modules export: pyinit (default), requested (visible symbols), whole-archive, or names",
    )
    parser.add_argument(
        "--prefix",
        action="append",
        default=[],
        metavar="DIR",
        help="a folder with libraries for the target (include, lib), for compilers, CMake and pkg-config",
    )
    parser.add_argument(
        "--library",
        action="append",
        default=[],
        metavar="NAME",
        help="a library of 'pyodide-abi library list', made if it is not in the cache; may be repeated",
    )
    add_compiler_options(parser)
    parser.add_argument(
        "--rust",
        action="store_true",
        help="cargo or rustc is called and nothing tells so; maturin, setuptools-rust, Meson's language rust "
        "or a Cargo.toml in the top folder would",
    )
    parser.add_argument(
        "--rust-library",
        metavar="DIR",
        help="a sysroot with Rust's standard library for the target, made by the rustc on the PATH",
    )


def add_compiler_options(parser: argparse.ArgumentParser) -> None:
    """Options that decide what compiles, and from which recipes."""
    parser.add_argument(
        "--recipes",
        action="append",
        default=[],
        metavar="DIR",
        help="a folder with recipes of your own, NAME.toml for each library; may be repeated",
    )
    parser.add_argument(
        "-j", "--jobs", type=positive, metavar="N", help="compilers at once (default: as each tool does)"
    )
    parser.add_argument(
        "--toolchain-mismatch",
        choices=("allow", "refuse"),
        default="refuse",
        help="may a compiler of another version than the platform's be used? (default: refuse)",
    )
    parser.add_argument(
        "--toolchain",
        choices=("path", "emsdk", "official", "debian"),
        help="take the compiler from there only (default: the first that has it)",
    )


def find_target(platform: Platform, args: argparse.Namespace, session: Session, *, tag: str = "") -> Target:
    """Find or fetch everything that is needed to build for a platform.

    Raises:
        UsageError: a library that is named has no recipe.
        MissingError: something is not there and cannot be fetched.
    """
    from pyodide_abi.build import Exports, Target
    from pyodide_abi.build.environment import require_tools
    from pyodide_abi.cli.settings import set_by
    from pyodide_abi.runtime.releases import install_release, newest
    from pyodide_abi.toolchain import Source, find_python, find_rust, find_toolchain, make_sysroot

    host = session.host
    if args.library:
        # A wrong name is told before a compiler is fetched.
        find_catalogue(args, session).in_order(args.library)
    require_tools(host)
    toolchain = find_toolchain(
        platform,
        host,
        mismatch_allowed=args.toolchain_mismatch == "allow",
        allowed_by=set_by(args, "toolchain_mismatch"),
        source=Source(args.toolchain) if args.toolchain else None,
    )
    python = find_python(platform.python.version, host)
    sysroot = make_sysroot(platform, install_release(newest(platform.runtimes).release, host), python, host)
    library = (session.cwd / Path(args.rust_library).expanduser()).resolve() if args.rust_library else None
    target = Target(
        platform=platform,
        toolchain=toolchain,
        python=python,
        sysroot=sysroot,
        tag=tag,
        exports=Exports.parse(args.exports),
        rust=find_rust(platform, host, library=library) if args.rust else None,
        rust_library=library,
        prefixes=tuple((session.cwd / Path(prefix).expanduser()).resolve() for prefix in args.prefix),
    )
    return libraries_of(args, session).put_into(target, args.library) if args.library else target


def find_catalogue(args: argparse.Namespace, session: Session) -> Catalogue:
    """The recipes: ours, those of ``--recipes``, and those of the project's ``[tool.pyodide-abi.library]``.

    Raises:
        UsageError: one of them is wrong.
    """
    from pyodide_abi.cli.settings import project_of, tables_of
    from pyodide_abi.libraries import Catalogue

    file, tables = tables_of(project_of(args, session.cwd), "library")
    folders = [session.cwd / Path(folder).expanduser() for folder in args.recipes]
    return Catalogue.read(folders, tables, file)


def libraries_of(args: argparse.Namespace, session: Session) -> Libraries:
    """What makes libraries for builds, as the options say."""
    from functools import partial

    from pyodide_abi.libraries.building import Libraries

    return Libraries(
        catalogue=partial(find_catalogue, args, session),
        host=session.host,
        jobs=args.jobs,
        on_line=session.host.progress.say if getattr(args, "verbose", False) else None,
    )
