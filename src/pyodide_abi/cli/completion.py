"""``pyodide-abi completion``: a script that completes commands, options and files in a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from pyodide_abi.cli.session import Session

#: Those whose scripts tests hold.
SHELLS = ("bash", "zsh", "fish")
#: What the help calls a file's name.
_FILES = ("FILE", "WHEEL", "PATH", "NODE", "MODULE")
_EPILOG = """\
examples:
  pyodide-abi completion bash > ~/.local/share/bash-completion/completions/pyodide-abi
  pyodide-abi completion zsh > ~/.zfunc/_pyodide-abi
      with 'fpath+=~/.zfunc' before 'compinit' in ~/.zshrc
  pyodide-abi completion fish > ~/.config/fish/completions/pyodide-abi.fish

New shells have it. The script knows the commands and options of the version that wrote it, and starts no
Python: write it again after an upgrade.

exit status: 0 written, 2 a shell that is not known.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add arguments, a description and examples."""
    parser.epilog = _EPILOG
    parser.add_argument("shell", choices=SHELLS, help="the shell")


def run(args: argparse.Namespace, session: Session) -> int:
    """Write the script."""
    import shtab

    from pyodide_abi.cli.commands import whole_parser
    from pyodide_abi.cli.main import overview

    parser = whole_parser(overview())
    for action in _actions(parser):
        _say_what_fits(action)
    session.out.write(shtab.complete(parser, shell=args.shell) + "\n")
    return 0


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """All options and arguments, those of the commands too."""
    import argparse

    for action in parser._actions:  # noqa: SLF001 - argparse offers no public way to list options
        yield action
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
            for command in action.choices.values():
                yield from _actions(command)


def _say_what_fits(action: argparse.Action) -> None:
    """Tell shtab what an option or an argument takes."""
    import shtab

    from pyodide_abi.platforms import load_platforms

    platforms = load_platforms()
    if "--platform" in action.option_strings:
        action.choices = [platform.name for platform in platforms]
    elif "--runtime" in action.option_strings:
        action.choices = [runtime.version for platform in platforms for runtime in platform.runtimes]
    elif action.metavar == "DIR":
        action.complete = shtab.DIRECTORY  # type: ignore[attr-defined] # shtab's own way
    elif action.choices is None and action.nargs != 0 and _names_files(action):
        action.complete = shtab.FILE  # type: ignore[attr-defined] # as above


def _names_files(action: argparse.Action) -> bool:
    words = str(action.metavar or "")
    return not action.option_strings or any(word in words for word in _FILES)
