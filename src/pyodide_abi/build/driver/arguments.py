"""A compiler's command line, taken apart: which words belong together, what is done, in which language."""

from __future__ import annotations

TYPE_CHECKING = False  # typing's own costs 9 ms; type checkers treat this name the same
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    ReadText = Callable[[str], str]

C = "c"
CXX = "c++"

#: Options of a compile step whose value, the next word, is a folder with headers.
SEARCHED = frozenset({"-I", "-isystem", "-iquote", "-idirafter"})
#: Options of a compile step whose value is the next word, whatever it is.
VALUED = frozenset({"-D", "-U", "-MF", "-MT", "-MQ", "-o", "-include", "-imacros"})
_SEPARATE_WORDS = (
    "-x -L -l -A -u -z -s -T -e -arch -target --target -iprefix"
    " -iwithprefix -iwithprefixbefore -isysroot -iframework -framework -include-pch"
    " -imultilib --sysroot -MJ -Xpreprocessor -Xlinker -Xclang -Xassembler -mllvm --param"
    " -install_name -compatibility_version -current_version -undefined -rpath -R"
    " --use-port --js-library --pre-js --post-js --embed-file --preload-file"
)
#: All options whose value is the next word (clang's and emcc's, as ``emcc`` itself separates them).
SEPARATE = frozenset({*_SEPARATE_WORDS.split(), *SEARCHED, *VALUED})
_LINKER_SEPARATE_WORDS = (
    "-o -L -l -m -A -z -rpath -R -soname -h -e -u -T -y --export --export-if-defined --entry --undefined"
    " --version-script --dynamic-list --hash-style -rpath-link -undefined -exported_symbols_list"
    " -install_name"
)
#: Options of linkers whose value is the next word (GNU ld's, wasm-ld's and Apple's).
LINKER_SEPARATE = frozenset(_LINKER_SEPARATE_WORDS.split())
_SEPARATE_IF_ALONE = frozenset({"-s"})
C_SUFFIXES = frozenset({".c", ".i", ".s", ".S", ".m", ".ll", ".bc"})
CXX_SUFFIXES = frozenset(
    {".cpp", ".cxx", ".cc", ".c++", ".CPP", ".CXX", ".C", ".CC", ".C++", ".ii", ".mm", ".cppm"}
)
_NO_LINK = frozenset({"-c", "-S", "-E", "-M", "-MM", "-fsyntax-only", "--precompile"})
_SIDE_MODULE = frozenset({"-shared", "--shared", "-dynamiclib", "-bundle", "-sSIDE_MODULE"})


class Command:
    """A compiler's command line.

    Attributes:
        groups: The command's words in order, each option together with the value that follows it.
        inputs: the files among them.
        output: what ``-o`` names, or None.
        compiles: there is something to compile; without it and ``links``, the compiler is asked something.
        links: the objects are linked.
        language: The language of what is compiled or, where nothing is, of the driver that was called.
    """

    __slots__ = ("compiles", "groups", "inputs", "language", "links", "output")

    def __init__(self, words: Sequence[str], driver: str) -> None:
        self.groups = tuple(grouped(words))
        files = [group[0] for group in self.groups if len(group) == 1 and _is_file(group[0])]
        values = {group[0]: group[1] for group in self.groups if len(group) > 1}
        flags = {group[0] for group in self.groups}
        languages = {_language_of(file) for file in files} - {None}
        given = values.get("-x") or next((word[2:] for word in flags if word[:2] == "-x" and word[2:]), "")
        sources = bool(languages) or "-" in files or bool(given and files)
        self.inputs = tuple(files)
        self.output = values.get("-o") or next(
            (word[2:] for word in flags if word[:2] == "-o" and word[2:]), None
        )
        self.compiles = sources
        self.links = bool(files) and not flags & _NO_LINK
        self.language = CXX if driver == CXX or CXX in languages or given.startswith("c++") else C

    @property
    def is_probe(self) -> bool:
        """It asks the compiler something (``--version``, ``-print-search-dirs``) and gives it no file."""
        return not self.inputs

    @property
    def makes_side_module(self) -> bool:
        """It links a shared library, in whichever words (GNU's, Apple's, Emscripten's)."""
        return self.links and any(asks_for_side_module(group) for group in self.groups)


def asks_for_side_module(group: Sequence[str]) -> bool:
    """The option says "a shared library", as ``-shared``, ``-bundle`` and ``-s SIDE_MODULE=1`` do."""
    word = setting(group) or group[0]
    return word in _SIDE_MODULE or word in {"-sSIDE_MODULE=1", "-sSIDE_MODULE=2"}


def is_source(file: str) -> bool:
    """The file has to be compiled before it can be linked."""
    return _language_of(file) is not None


def compiler_words(words: Sequence[str]) -> list[str]:
    """What of a command line that compiles and links is said to the compiler.

    As ``emcc`` separates them: no file, no output, nothing for the linker, no setting but those that bring
    headers.
    """
    kept: list[str] = []
    for group in grouped(words):
        word, port = group[0], setting(group)
        linker = word[:2] in {"-l", "-L", "-o", "-z", "-u"} or word.startswith("-Wl,") or word == "-Xlinker"
        if linker or asks_for_side_module(group) or (len(group) == 1 and _is_file(word)):
            continue
        if port and not port.startswith("-sUSE_"):
            continue
        kept += group
    return kept


def linker_as_compiler(words: Sequence[str]) -> list[str]:
    """A command for ``ld`` as one for ``cc``, which alone knows how a module of the target is linked.

    A question (``ld --version``) becomes one to the compiler's linker.
    """
    result: list[str] = []
    rest = iter(words)
    for word in rest:
        values = [next(rest, "")] if word in LINKER_SEPARATE else []
        if word in {"-m", "-A"}:
            continue  # Which machine the output is for: there is one.
        if _is_file(word) or word in {"-shared", "-r", "--version", "-v"} or word[:2] in {"-L", "-l", "-o"}:
            result += [word, *values]
        else:
            result += [part for each in (word, *values) for part in ("-Xlinker", each)]
    return result


def setting(group: Sequence[str]) -> str:
    """An Emscripten setting as one word, ``-sNAME=VALUE``; empty if the option is something else."""
    if group[0] == "-s" and len(group) > 1:
        return "-s" + group[1]
    return group[0] if group[0][:2] == "-s" and group[0][2:3].isupper() else ""


def grouped(words: Sequence[str]) -> list[tuple[str, ...]]:
    """Put each option together with its value where that is a word of its own."""
    groups: list[tuple[str, ...]] = []
    index = 0
    while index < len(words):
        word = words[index]
        follower = words[index + 1] if index + 1 < len(words) else None
        takes_value = word in SEPARATE and follower is not None
        if word in _SEPARATE_IF_ALONE:
            # GCC's own -s means "strip"; Emscripten's takes a NAME or NAME=VALUE in capitals.
            takes_value = follower is not None and follower[:1].isupper()
        if takes_value and follower is not None:
            groups.append((word, follower))
            index += 2
        else:
            groups.append((word,))
            index += 1
    return groups


def expanded(words: Sequence[str], read: Callable[[str], str], depth: int = 0) -> list[str]:
    """Replace each ``@file`` by the words in the file, as compilers do; one that cannot be read stays.

    Args:
        words: a command line.
        read: gives a file's text.
        depth: how many response files we are inside of; a file that includes itself ends at 10.
    """
    result: list[str] = []
    for word in words:
        if word[:1] != "@" or depth == 10:  # noqa: PLR2004 - any bound does
            result.append(word)
            continue
        try:
            text = read(word[1:])
        except OSError:
            result.append(word)
            continue
        result.extend(expanded(_response_words(text), read, depth + 1))
    return result


def _response_words(text: str) -> list[str]:
    """The words of a response file, by GNU's rule: not a shell's.

    A backslash takes away what any next character means, in quotes of either kind too (libiberty's
    ``buildargv``, LLVM's ``TokenizeGNUCommandLine``).
    """
    words: list[str] = []
    word: str | None = None
    quote = ""
    characters = iter(text)
    for character in characters:
        if character == "\\":
            word = (word or "") + next(characters, "")
        elif character == quote:
            quote = ""
        elif quote or not (character in "\"'" or character.isspace()):
            word = (word or "") + character
        elif character.isspace():
            words += [] if word is None else [word]
            word = None
        else:
            quote, word = character, word or ""
    return words if word is None else [*words, word]


def _is_file(word: str) -> bool:
    return word == "-" or (word[:1] not in {"-", "@"} and word != "")


def _language_of(file: str) -> str | None:
    dot = file.rfind(".")
    suffix = file[dot:] if dot > file.rfind("/") else ""
    if suffix in CXX_SUFFIXES:
        return CXX
    return C if suffix in C_SUFFIXES else None
