"""``pyodide-abi platforms``: what each version of the ABI promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from rich.console import Console

    from pyodide_abi.cli.session import Session
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.report.platforms import Sheet

_SPELLINGS = "314_0, pyemscripten_2026_0, a wheel tag, cp314, 3.14, or a runtime release such as 314.0.7"
#: Wide enough that nothing is wrapped where the output is not a terminal.
_UNLIMITED = 10_000


def configure(parser: argparse.ArgumentParser) -> None:
    """Add arguments, a description and examples."""
    parser.description = (
        "Without a name: the versions of the ABI, one a line. With one: everything that it promises, each "
        "fact with its reason and where that can be read."
    )
    parser.epilog = (
        "examples:\n"
        "  pyodide-abi platforms                            the versions\n"
        "  pyodide-abi platforms 314_0                      one of them, in full\n"
        "  pyodide-abi platforms pyodide_2025_0_wasm32      by any of its names\n"
        "  pyodide-abi platforms 0.29.4 --format json       for a program\n"
        "  pyodide-abi platforms --newer                    releases of npm that are not known yet\n\n"
        "exit status: 0 printed, 2 there is no such platform or release, 3 npm cannot be reached (--newer).\n"
    )
    parser.add_argument(
        "--newer",
        action="store_true",
        help="ask npm which releases are newer than what is known (uses the network)",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help=f"any name of a platform: {_SPELLINGS}")
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="for people (the default) or for programs"
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Print one platform or the list."""
    from pyodide_abi.platforms import load_platform, load_platforms

    newer = _newer(session) if args.newer else None
    if args.format == "json":
        _write_json(load_platform(args.name) if args.name else None, newer, session)
    elif args.name:
        _show_one(load_platform(args.name), _console(session))
    else:
        from pyodide_abi.report.platforms import overview

        console = _console(session)
        _show_table(overview(load_platforms()), console)
        console.print("\n'pyodide-abi platforms NAME' shows one in full, with its reasons.", style="dim")
    if newer is not None and args.format != "json":
        from pyodide_abi.report.learned import newer_lines

        for line in newer_lines(newer):
            session.console().print(line)
    return 0


def _newer(session: Session) -> list[str]:
    """The releases of npm that are newer than what is known."""
    from pyodide_abi.platforms import load_platforms
    from pyodide_abi.runtime.learning.npm import newer_on_npm

    known = [release.version for platform in load_platforms() for release in platform.releases]
    return newer_on_npm(known, session.host)


def _console(session: Session) -> Console:
    console = session.console()
    if console.soft_wrap:
        console.width = _UNLIMITED
    return console


def _write_json(platform: Platform | None, newer: list[str] | None, session: Session) -> None:
    from pyodide_abi.platforms import default_platform, load_platforms
    from pyodide_abi.report.envelope import to_envelope
    from pyodide_abi.values import asdict

    shown = [platform] if platform is not None else load_platforms()
    # Dates are the only values that JSON lacks; their text form is ISO 8601.
    results = [asdict(each) for each in shown]
    summary: dict[str, object] = {"default": default_platform().name}
    if newer is not None:
        summary["newer"] = newer
    session.out.write(to_envelope("platforms", results, summary=summary))


def _show_one(platform: Platform, console: Console) -> None:
    from pyodide_abi.report.platforms import sheets

    console.print(f"Platform {platform.name}", style="bold")
    for sheet in sheets(platform):
        console.print(f"\n{sheet.title}", style="bold underline")
        if sheet.columns[-2:] == ("why", "source"):
            _show_with_reasons(sheet, console)
        else:
            _show_table(sheet, console)


def _show_table(sheet: Sheet, console: Console) -> None:
    from pyodide_abi.report.tables import bare_table, write_table

    table = bare_table(header_style="dim")
    for column in sheet.columns:
        table.add_column(column, overflow="fold")
    for row in sheet.rows:
        table.add_row(*row)
    write_table(table, console)


def _show_with_reasons(sheet: Sheet, console: Console) -> None:
    """The cells in a line, the reason below: a column of reasons would be too narrow to read."""
    from rich.padding import Padding
    from rich.text import Text

    cells = [row[:-2] for row in sheet.rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    shown: tuple[str, ...] = ()
    for row in sheet.rows:
        *words, reason, source = row
        padded = [word.ljust(width) for word, width in zip(words, widths, strict=True)]
        console.print("  ".join(padded).rstrip())
        if (reason, source) != shown:  # Neighbours with the same reason share it.
            console.print(Padding(Text(reason, style="dim"), (0, 0, 0, 4), expand=False))
            console.print(Padding(Text(source, style="dim italic"), (0, 0, 0, 4), expand=False))
        shown = (reason, source)
