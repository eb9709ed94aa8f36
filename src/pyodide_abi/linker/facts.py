"""What a library offers and needs, taken from its bytes once; everything after this works on the facts.

Two things are kept apart: what the loader sees before the engine reads the file (:class:`Head`), and what
the module says of itself (:class:`Facts`).
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

from pyodide_abi.abi.symbols import BASES, EM_JS_PREFIX, GOT_SPACES
from pyodide_abi.errors import WasmError
from pyodide_abi.linker.dylink import LooseDylink, read_loosely
from pyodide_abi.linker.js_texts import texts_of
from pyodide_abi.linker.startup import fixed_segments, follow_startup
from pyodide_abi.platforms.engine_documents import least_sizes
from pyodide_abi.values import value
from pyodide_abi.wasm import Form, read_module
from pyodide_abi.wasm.code import Question, answers_of
from pyodide_abi.wasm.features import Feature, frame_features
from pyodide_abi.wasm.identify import ENOUGH, identify
from pyodide_abi.wasm.sections import dylink0
from pyodide_abi.wasm.sizes import excesses
from pyodide_abi.wasm.type_codes import COMMON_GLOBALS
from pyodide_abi.wasm.types import kind_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from pyodide_abi.linker.startup import Fixed, Startup
    from pyodide_abi.wasm import ExternType, Kind, Module
    from pyodide_abi.wasm.code import Answers
    from pyodide_abi.wasm.frame import Frame
    from pyodide_abi.wasm.identify import Identity
    from pyodide_abi.wasm.sections.dylink0 import MemoryInfo
    from pyodide_abi.wasm.sizes import Excess

MAGIC = b"\0asm"
_HEADER = 8
_DYLINK, _LEGACY_DYLINK = dylink0.NAME.encode(), dylink0.LEGACY_NAME.encode()
#: What modules import for an address.
ENTRY = COMMON_GLOBALS[b"\x7f\1"]
#: Compilers write one encoding of exceptions, so the first one met answers. Linkers mix them, and some
#: engines take the mixture (Node 24 does, Chromium 156 does not): who has to know all seeks them.
ENCODING = Question(frozenset({Feature.EXNREF, Feature.LEGACY_EXCEPTIONS}), any_of=True)


class Head(enum.StrEnum):
    """What a file begins with, as the loader looks at it (loader.md, section 1)."""

    NOT_WASM = "not wasm"
    NOT_CUSTOM = "no custom section first"
    OTHER_NAME = "another custom section first"
    LEGACY = "dylink"
    DYLINK = "dylink.0"


class Import(NamedTuple):
    """Something a library needs; a tuple, as large modules have a hundred thousand of them.

    Attributes:
        index: The import's place in the import section, as in the engine's messages.
        module: ``env``, ``GOT.mem``…
        address: Whether it asks for an address, through the global offset table.
    """

    index: int  # type: ignore[assignment] # tuples have a method of that name, which nobody calls here
    module: str
    name: str
    kind: Kind
    type: ExternType
    address: bool


@value
class Inner:
    """Exports of a module that were left out of its facts, and the imports that they answer.

    Attributes:
        number: how many.
        shown: those of them that are among the exports nevertheless, as other modules ask for them.
        unused: how many no other module imports.
        functions: how many of these are functions.
        length: The length of the names of these, in bytes.
        again: how many of these the module imports itself.
        again_length: The length of the names of those, in bytes.
        shortest: The shortest of these names, the first of several.
        place: how many exports that were not left out stand before it.
    """

    number: int = 0
    shown: frozenset[str] = frozenset()
    unused: int = 0
    functions: int = 0
    length: int = 0
    again: int = 0
    again_length: int = 0
    shortest: str = ""
    place: int = 0


@value
class Facts:
    """What a module says of itself.

    Names that are a module's own business can be left out, see :mod:`pyodide_abi.linker.elide.outline`.

    Attributes:
        needed: libraries to load first, in order.
        run_paths: The folders to look for them in.
        weak: names of imports that may stay without a provider.
        imports: in the order of the section.
        exports: kinds and types by name, in the order of the section.
        js_functions: names that ``EM_JS`` bodies in the module define when it has been loaded.
        js_texts: what the loader makes these from, as far as the file shows it.
        memory: what the loader has to reserve; None where the module does not say.
        startup: what its code certainly does during a load.
        fixed: segments whose place does not depend on where the loader puts the module.
        features: those that its headers show, in a module with tags the encoding of its exceptions (of both
            the one that its code begins with), and those that were sought in its code.
        relocatable: Whether it is an object file, with symbols still to be linked.
        wants_bases: Whether ``__memory_base`` or ``__table_base`` is imported: it was linked as a library.
        has_dylink: Whether there is a dylink section.
        dylink_misplaced: Whether there is a dylink section that is not the first section.
        inner: what there is to know of the names that were left out.
    """

    needed: tuple[str, ...]
    run_paths: tuple[str, ...]
    weak: frozenset[str]
    imports: tuple[Import, ...]
    exports: Mapping[str, ExternType]
    js_functions: frozenset[str]
    js_texts: Mapping[str, str]
    memory: MemoryInfo | None
    startup: Startup
    fixed: tuple[Fixed, ...]
    features: frozenset[Feature]
    relocatable: bool
    wants_bases: bool
    has_dylink: bool
    dylink_misplaced: bool
    inner: Inner = Inner()


@value
class Library:
    """A file that could be loaded, as the linker sees it.

    Attributes:
        path: The file's place below ``site-packages``, with forward slashes.
        head: what it begins with.
        size: in bytes.
        identity: what its first bytes say it is.
        dylink: the section that the loader reads before the engine sees the file.
        excesses: The places where it has more of something than some engine accepts.
        facts: None where the module cannot be read.
        fault: why not; empty where it can.
    """

    path: str
    head: Head
    size: int
    identity: Identity
    dylink: LooseDylink
    facts: Facts | None
    excesses: tuple[Excess, ...] = ()
    fault: str = ""


def read_library(
    path: str,
    data: bytes | memoryview,
    *,
    module: Module | None = None,
    sought: Collection[str] = (),
) -> Library:
    """Take the facts from a file's bytes; whatever the bytes are, this does not fail.

    Args:
        path: The file's place below ``site-packages``.
        data: all of it; not kept.
        module: the same as a module, where the caller has read it before.
        sought: as for :func:`facts_of`.
    """
    head, dylink = head_of(data), dylink_of(data)
    facts, fault = None, ""
    found: tuple[Excess, ...] = ()
    if head is not Head.NOT_WASM:
        try:
            module = module or read_module(data)
            found = excesses(module, least_sizes())
            facts = facts_of(module, sought=sought, dylink=dylink)
        except WasmError as error:
            fault = str(error)
    return Library(
        path=path,
        head=head,
        size=len(data),
        identity=identify(data[:ENOUGH]),
        dylink=dylink,
        facts=facts,
        excesses=found,
        fault=fault,
    )


def head_of(data: bytes | memoryview) -> Head:
    """What the loader sees before the engine reads the file; only the first bytes are looked at."""
    start = bytes(data[: _HEADER + 32])
    if start[:4] != MAGIC:
        return Head.NOT_WASM
    if len(start) <= _HEADER or start[_HEADER] != 0:
        return Head.NOT_CUSTOM
    position = _HEADER + 1
    while position < len(start) and start[position] & 0x80:
        position += 1
    length = start[position + 1] if position + 1 < len(start) else 0
    name = start[position + 2 : position + 2 + length]
    return {_DYLINK: Head.DYLINK, _LEGACY_DYLINK: Head.LEGACY}.get(name, Head.OTHER_NAME)


def dylink_of(data: bytes | memoryview, *, whole: bool = True) -> LooseDylink:
    """The dylink section that a file begins with, as the loader reads it; empty where it begins otherwise.

    Args:
        data: the file, or its beginning.
        whole: Whether the bytes are the whole file.

    Raises:
        CutOffError: the beginning is not enough.
    """
    head = head_of(data)
    if head not in {Head.DYLINK, Head.LEGACY}:
        return LooseDylink()
    return read_loosely(data, legacy=head is Head.LEGACY, whole=whole)


def facts_of(module: Module, *, sought: Collection[str] = (), dylink: LooseDylink | None = None) -> Facts:
    """The facts of a module.

    Args:
        module: The module.
        dylink: Its dylink section, where it has been read before.
        sought: names of features to look for in its code, which takes time; those that an engine refuses.

    Raises:
        WasmError: a section that they come from is malformed.
    """
    imports = tuple(
        Import(index, space, name, kind_of(type_), type_, space in GOT_SPACES)
        for index, (space, name, type_, _) in enumerate(module.imports)
    )
    exports = {entry.name: module.type_of(entry) for entry in module.exports}
    startup = follow_startup(module)
    if dylink is None:
        dylink = dylink_of(module.data)
    answers = answers_of(module, code_questions(module, sought))
    js_texts = texts_of(module, ((entry.name, entry.kind, entry.index) for entry in module.exports))
    return facts_with(module, dylink, imports, exports, startup=startup, answers=answers, js_texts=js_texts)


def facts_with(
    module: Frame,
    dylink: LooseDylink,
    imports: tuple[Import, ...],
    exports: Mapping[str, ExternType],
    *,
    startup: Startup,
    answers: Answers,
    js_texts: Mapping[str, str],
) -> Facts:
    """The facts of a module whose imports, exports and code have been read elsewhere.

    Args:
        module: The module.
        dylink: The section that the loader reads.
        imports: Its imports, at least those that matter outside of it.
        exports: Its exports, likewise.
        startup: What runs during its load.
        answers: What its code shows, for :func:`code_questions`.
        js_texts: What its JavaScript functions are made from.

    Raises:
        WasmError: as for :func:`facts_of`.
    """
    section = module.dylink_section
    return Facts(
        needed=dylink.needed,
        run_paths=dylink.run_paths,
        weak=dylink.weak,
        imports=imports,
        exports=exports,
        js_functions=frozenset(
            name.removeprefix(EM_JS_PREFIX) for name in exports if name.startswith(EM_JS_PREFIX)
        ),
        js_texts=js_texts,
        memory=dylink.memory,
        startup=startup,
        fixed=fixed_segments(module),
        features=frame_features(module, exports.values()).union(*answers.values()),
        relocatable=module.form is Form.OBJECT,
        wants_bases=any(entry.name in BASES for entry in imports),
        has_dylink=section is not None,
        dylink_misplaced=section is not None and module.sections[0] != section,
    )


def code_questions(module: Frame, sought: Collection[str]) -> Iterator[Question]:
    """What is asked about a module's code, as far as can be said before it is there.

    Args:
        module: The module, of which all is known that stands before the code.
        sought: as for :func:`facts_of`.
    """
    if module.tagged:
        yield ENCODING
    if sought:
        yield Question(frozenset(map(Feature, sought)))
