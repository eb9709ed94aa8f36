"""A project's compiler command line to the one that the platform's ABI wants: pure, argv to argv.

What is required and forbidden is the platform's data; this module holds no fact about any version.
"""

from __future__ import annotations

import os

from pyodide_abi.build.driver.arguments import LINKER_SEPARATE, SEARCHED, asks_for_side_module, setting
from pyodide_abi.build.driver.unportable import BEGINNINGS, LINKER_WORDS, WORDS

TYPE_CHECKING = False  # as in arguments.py
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyodide_abi.build.driver.arguments import Command
    from pyodide_abi.build.driver.settings import Rules


_UNWINDING = ("-fexceptions", "-fwasm-exceptions")

#: Words that ask for threads. The code may be happy without.
THREADS = frozenset({"-pthread", "-sPTHREADS", "-sUSE_PTHREADS"})
ONE_THREAD = "the runtime has one thread"

#: How modules are optimised where nobody asks for anything else: small, as the official wheels are.
#: pyodide-build puts this word behind every compile and every link (its config.py).
LEVEL = "-Oz"
#: The same in clang's long spelling, which nobody else uses: we say it through a build system, before
#: whatever the project says. Links leave it out: modules get theirs anyway, and the programs of checks are to
#: be linked fast, and without the npm packages with which emcc optimises JavaScript.
UNASKED_LEVEL = "--optimize=z"

#: Programs are linked without Emscripten's checks of its own, as modules are. With them, its default where
#: nothing is optimised, it links debug variants of all its libraries, and compiles those first: minutes.
WITHOUT_CHECKS = "-sASSERTIONS=0"

COMPILE = "compile"
LINK = "link"


class ForbiddenFlagError(Exception):
    """A flag that would make a module that does not load."""


class Rewritten:
    """A command line that fits the platform.

    Attributes:
        words: the command line, without the compiler's name.
        remarks: what was dropped and why, for the user.
        added: how many of the words, from the first on, are the platform's.
        side_module: a shared library is linked; the export list is still to be added.
        export_lists: what the project itself gave to ``-sEXPORTED_FUNCTIONS``.
        threads: the project asked for threads, which were dropped.
        silent: the project wants no warnings.
    """

    __slots__ = ("added", "export_lists", "remarks", "side_module", "silent", "threads", "words")

    def __init__(self) -> None:
        self.words: list[str] = []
        self.remarks: list[str] = []
        self.added = 0
        self.side_module = False
        self.export_lists: list[str] = []
        self.threads = False
        self.silent = False

    def drop(self, words: Sequence[str], reason: str) -> None:
        """Leave words out and say so."""
        self.remarks.append(f"dropped {' '.join(words)}: {reason}")


def rewrite(command: Command, rules: Rules) -> Rewritten:
    """The command that does for the target what ``command`` does for a native machine.

    Raises:
        ForbiddenFlagError: the project insists on what the platform cannot have; the message names the flag
            and the reason.
    """
    result = Rewritten()
    if command.is_probe:
        result.words = [word for group in command.groups for word in group]
        return result
    result.side_module = command.makes_side_module
    result.words += _required(command, rules)
    if command.links and not result.side_module:
        result.words.append(WITHOUT_CHECKS)
    result.added = len(result.words)
    every = [flag for stages in rules["required"].values() for flags in stages.values() for flag in flags]
    for linker, groups in _runs(command.groups):
        if linker:
            _linker_words([word for group in groups for word in _behind(group)], rules, result)
            continue
        for group in groups:
            if not (command.links and asks_for_side_module(group)):
                _keep_or_drop(command, group, every, rules, result)
    if result.silent:
        # -w would silence even what -Werror= makes an error.
        result.words.append("-Wno-everything")
    if command.compiles:
        result.words += rules["after"][command.language]
    return result


def _required(command: Command, rules: Rules) -> Iterator[str]:
    """The platform's own flags, each once. They come first; what would undo them later is dropped."""
    seen = set()
    stages = [COMPILE] * command.compiles + [LINK] * command.links
    # A link mixes objects of either language, whichever driver does it.
    languages = [command.language] if not command.links else sorted(rules["required"])
    for stage in stages:
        for language in languages if stage == LINK else [command.language]:
            for flag in rules["required"].get(language, {}).get(stage, ()):
                if flag not in seen and not flag.startswith("-sSIDE_MODULE"):
                    seen.add(flag)
                    yield flag


def _forbidden(command: Command, group: tuple[str, ...], rules: Rules) -> str:
    """Why the platform forbids an option, or an empty string."""
    word = setting(group) or group[0]
    stages = {COMPILE} if not command.links else {COMPILE, LINK}
    for rule in rules["forbidden"]:
        flag = rule["flag"]
        off = word == flag + "=0"
        if word != flag and not (word.startswith(flag + "=") and not off):
            continue
        if stages & set(rule["stages"]) and (command.language in rule["languages"] or command.links):
            return f"{' '.join(group)} is forbidden on {rules['platform']}: {rule['reason']}"
    return ""


def _keep_or_drop(
    command: Command, group: tuple[str, ...], required: Sequence[str], rules: Rules, result: Rewritten
) -> None:
    word = group[0]
    if word == UNASKED_LEVEL and command.links:
        return
    reason = WORDS.get(word) or next((why for start, why in BEGINNINGS.items() if word.startswith(start)), "")
    reason = reason or _contradiction(group, required) or _search_stand_ins(group, rules, result)
    if reason:
        result.drop(group, reason)
        return
    port = rules["ports"].get((setting(group) or "=".join(group)).removesuffix("=1"), "")
    # A port is also where headers come from; a module of objects only needs none.
    if port and (rules["port_headers"] or (result.side_module and not command.compiles)):
        result.drop(group, port)
        return
    if forbidden := _forbidden(command, group, rules):
        if (setting(group) or word).partition("=")[0] not in THREADS:
            raise ForbiddenFlagError(forbidden)
        # Build systems add it for any use of <pthread.h>, mutexes say, which work without. The link tells
        # whether threads are started.
        result.threads = True
        result.drop(group, ONE_THREAD)
        return
    if setting(group).startswith("-sEXPORTED_FUNCTIONS=") and result.side_module:
        result.export_lists.append(setting(group).partition("=")[2])
    elif word == "-w":
        result.silent = True
    elif word in {"-R", "-rpath"} and len(group) > 1:
        _run_path(group[1], rules, result)
    elif word[:3] in {"-R/", "-R$"}:  # Not clang's own -Rpass.
        _run_path(word[2:], rules, result)
    elif setting(group) not in result.words[: result.added]:
        result.words += group


def _contradiction(group: tuple[str, ...], required: Sequence[str]) -> str:
    """Why an option is dropped that picks another way than the platform's; empty if it does not."""
    word = group[0]
    model = next((flag for flag in required if flag in _UNWINDING), "")
    if model and word in _UNWINDING and word != model:
        return f"the platform unwinds with {model}"
    if word.startswith("-fno-") and "-f" + word[5:] in required and word != "-fno-exceptions":
        return f"the platform needs -f{word[5:]}"
    if word in {"-fno-pic", "-fno-PIC", "-fno-pie", "-fno-PIE", "-fpie", "-fPIE"}:
        return "a side module is position-independent"
    name, equals, _ = setting(group).partition("=")
    other = [flag for flag in required if name and flag.partition("=")[0] == name]
    if other and setting(group) not in other and (equals or name not in required):
        return f"the platform needs {other[0]}"
    return ""


def _searched(group: tuple[str, ...]) -> str:
    """The folder that an option wants searched, or an empty string."""
    word = group[0]
    if word in {"-L", *SEARCHED} and len(group) > 1:
        return group[1]
    return word[2:] if word[:2] in {"-I", "-L"} else ""


def _search_stand_ins(group: tuple[str, ...], rules: Rules, result: Rewritten) -> str:
    """Search what the target has of a folder of this machine's.

    Returns:
        why the folder itself is not searched; empty where it may be.
    """
    folder = _searched(group)
    if not belongs_to_host(folder, rules["host_folders"]):
        return ""
    stand_ins = _stand_ins(folder, rules)
    for place in stand_ins:
        result.words += (group[0], place) if len(group) > 1 else (group[0][:2] + place,)
    return _host_folder_reason(stand_ins)


def _host_folder_reason(stand_ins: Sequence[str]) -> str:
    reason = "the folder belongs to the build machine"
    return f"{reason}; searched in its place: {', '.join(stand_ins)}" if stand_ins else reason


def _stand_ins(folder: str, rules: Rules) -> list[str]:
    """The folders of the target's libraries that correspond to one of the build machine's.

    ``/usr/include/libxml2`` is ``include/libxml2`` of a library that has it. What lies in ``include`` and
    ``lib`` themselves is found without being asked for.
    """
    parts = [part for part in folder.split("/") if part not in {"", "."}]
    kinds = [index for index, part in enumerate(parts) if part in {"include", "lib"}]
    if not kinds or ".." in parts or kinds[0] + 1 == len(parts):
        return []
    places = ["/".join([prefix, *parts[kinds[0] :]]) for prefix in rules["prefixes"]]
    # Each compiler call starts here, and pathlib would start slowly.
    return [place for place in places if os.path.isdir(place)]  # noqa: PTH112


def belongs_to_host(folder: str, host_folders: Sequence[str]) -> bool:
    """The folder is one of the build machine's own, or inside one."""
    bare = "/" + "/".join(part for part in folder.split("/") if part not in {"", "."})
    return folder[:1] == "/" and any(bare == host or bare.startswith(host + "/") for host in host_folders)


def _runs(groups: Sequence[tuple[str, ...]]) -> Iterator[tuple[bool, list[tuple[str, ...]]]]:
    """Neighbours together: words for the linker (a value may stand in an option of its own), and the rest."""
    run: list[tuple[str, ...]] = []
    linker = False
    for group in groups:
        is_linker = group[0].startswith("-Wl,") or group[0] == "-Xlinker"
        if run and is_linker != linker:
            yield linker, run
            run = []
        linker = is_linker
        run.append(group)
    if run:
        yield linker, run


def _behind(group: tuple[str, ...]) -> Sequence[str]:
    return group[1:] if group[0] == "-Xlinker" else group[0][4:].split(",")


def _linker_words(words: Sequence[str], rules: Rules, result: Rewritten) -> None:
    index = 0
    while index < len(words):
        word = words[index]
        name, equals, value = word.partition("=")
        # wasm-ld takes long options with one dash or two; the table has GNU's spelling.
        spellings = {name, "-" + name, name[1:]}
        reason = next((why for flag, why in LINKER_WORDS.items() if flag in spellings), "")
        takes_next = not equals and index + 1 < len(words)
        if spellings & {"-rpath", "-R"}:
            _run_path(words[index + 1] if takes_next else value, rules, result)
            index += takes_next
        elif reason:
            takes_next = takes_next and bool(spellings & LINKER_SEPARATE)
            result.drop(words[index : index + 1 + takes_next], reason)
            index += takes_next
        elif word[:2] == "-L" and belongs_to_host(word[2:], rules["host_folders"]):
            stand_ins = _stand_ins(word[2:], rules)
            result.words += [f"-Wl,-L{place}" for place in stand_ins]
            result.drop((word,), _host_folder_reason(stand_ins))
        else:
            result.words.append("-Wl," + word)
        index += 1


def _run_path(path: str, rules: Rules, result: Rewritten) -> None:
    if not rules["run_path"]:
        result.drop(("-rpath", path), f"the loader of {rules['platform']} reads no run path")
    elif path[:1] == "/":
        result.drop(("-rpath", path), "the folder is not there where the wheel is installed")
    elif (word := f"-Wl,-rpath,{path}") not in result.words:  # wasm-ld would note it as often as it is said.
        result.words.append(word)
