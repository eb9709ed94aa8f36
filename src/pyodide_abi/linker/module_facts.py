"""What a module is made of, beside what the linker wants of it: taken while its bytes are in hand.

The bytes of a large wheel are unpacked once. What rules want to know of them is small, and is found here
without a walk through the code unless a header gives a reason for it.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import CLASS_TYPE_INFO_PREFIX, CXA_THROW, INVOKE_PREFIX, START_EM_ASM
from pyodide_abi.errors import WasmError
from pyodide_abi.linker.elide.names import names_class
from pyodide_abi.linker.facts import ENCODING
from pyodide_abi.values import value
from pyodide_abi.wasm import Kind, SectionId
from pyodide_abi.wasm.code import IN_CODE, Question, answers_of
from pyodide_abi.wasm.constant import offset_from_base
from pyodide_abi.wasm.features import Feature, claimed_features

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pyodide_abi.linker.facts import Facts, Library
    from pyodide_abi.wasm import Module
    from pyodide_abi.wasm.code import Answers
    from pyodide_abi.wasm.constant import Expression
    from pyodide_abi.wasm.frame import Frame
    from pyodide_abi.wasm.section_table import Section

_OTHER_ENCODING = Question(frozenset({Feature.EXNREF}))
_THROW, _INVOKE = CXA_THROW.encode(), INVOKE_PREFIX.encode()
#: Not worth a walk through the code: every engine takes them, or the exceptions' own rules see to them.
_UNQUESTIONED = frozenset({Feature.ATOMICS, Feature.SIMD128, Feature.TAIL_CALL}) | ENCODING.wanted
#: wasm-ld makes a function of this name that traps, where two object files disagree about a type.
_STUB = re.compile(rb"signature_mismatch:([\x21-\x7e]{1,400})")
#: A source file below a folder that only the machine of a build has.
_SOURCE = re.compile(
    rb"/(?:home|Users|root|__w|builds|github/workspace)/[\w.+@ -]{1,80}/[\w.+@/-]{1,200}?"
    rb"\.(?:cc?|cpp|cxx|hp?p?|rs|pyx|f90)\b"
)
#: Homes inside a runtime's own file system.
_RUNTIME_HOMES = (b"/home/web_user/", b"/home/pyodide/")
#: What a class is called in its type information: names after their lengths, between zeros.
_CLASS = re.compile(rb"\0(N?[1-9]\w{3,200}+)(?=\0)")
#: Where the table of NumPy's C interface is: modules compiled against NumPy 2 look there first.
_NUMPY_1, _NUMPY_2 = b"numpy.core._multiarray_umath\0", b"numpy._core._multiarray_umath\0"
#: What asks for it.
_ASKS = "PyCapsule_GetPointer"
#: The loader's table of functions: a placeholder looks there once more when it is called.
_TABLE = re.compile(rb"\bwasmImports\b")
#: No name for others: each module has its own on purpose.
_ANONYMOUS = b"_GLOBAL__N_"
_MOST_CLASSES = 10_000
#: Code up to this size, in bytes, is looked through for a second encoding of exceptions: a tenth of a second.
_SHORT_CODE = 5_000_000
_MOST_STUBS = 100
_MOST_PATHS = 10_000


@value
class Anatomy:
    """What a module is made of.

    Attributes:
        customs: bytes of each custom section by name, added up where a name comes again.
        catches: Whether its code catches or cleans up after exceptions; None where nobody asked because it
            throws none.
        stubs: functions that wasm-ld replaced by a trap, as far as the module keeps names.
        build_paths: how often source files of the build machine are named in its data.
        build_path: the first of them.
        data_reach: bytes from the memory base that its data segments fill.
        table_reach: entries from the table base that its element segments fill.
        checksum: CRC-32 of the file, to find those that may be equal.
        coded: features that its ``target_features`` section claims and its code uses; and the standard
            encoding of exceptions beside the other, where the code is not too long to look.
        classes: C++ classes of which it holds type information, mangled; no templates.
        numpy_1: Whether it asks for NumPy's C interface where only NumPy 1 had it.
        provides: Whether its JavaScript speaks of the loader's table of functions, where it can put some.
    """

    customs: Mapping[str, int] = {}
    catches: bool | None = None
    stubs: tuple[str, ...] = ()
    build_paths: int = 0
    build_path: str = ""
    data_reach: int = 0
    table_reach: int = 0
    checksum: int = 0
    coded: frozenset[Feature] = frozenset()
    classes: frozenset[str] = frozenset()
    numpy_1: bool = False
    provides: bool = False


def anatomy_of(library: Library, module: Module | None, *, checksum: int) -> Anatomy:
    """Take a module apart; an empty answer for what cannot be read, about which the linker has its say.

    Args:
        library: The linker's view of the same bytes.
        module: The bytes as a module; None where they are none.
        checksum: The CRC-32 of the file.
    """
    if library.facts is None or module is None:
        return Anatomy()
    try:
        questions = [*early_questions(module, module.find(SectionId.CODE)), *late_questions(module)]
        answers = answers_of(module, questions)
        return anatomy_with(module, library.facts, answers, checksum=checksum)
    except WasmError:
        return Anatomy()


def anatomy_with(module: Frame, facts: Facts, answers: Answers, *, checksum: int) -> Anatomy:
    """What a module is made of, where its code has been read elsewhere.

    Args:
        module: The module.
        facts: The linker's view of it.
        answers: What its code shows, for :func:`early_questions` and :func:`late_questions`.
        checksum: The CRC-32 of the file.

    Raises:
        WasmError: a section is malformed.
    """
    customs: Counter[str] = Counter()
    for section in module.sections:
        if section.custom:
            customs[section.name] += section.end - section.start
    number, first = _build_paths(module)
    return Anatomy(
        customs=dict(customs),
        catches=_catches(facts, answers),
        stubs=_stubs(module),
        build_paths=number,
        build_path=first,
        data_reach=_reach(module, ((part.start, part.size) for part in module.data_segments)),
        table_reach=_reach(module, ((part.start, part.number) for part in module.elements)),
        checksum=checksum,
        coded=_coded(module, facts, answers),
        classes=_classes(module, facts),
        numpy_1=_wants_numpy_1(module, facts),
        provides=_provides(module, facts),
    )


def early_questions(module: Frame, code: Section | None) -> Iterator[Question]:
    """What is asked about a module's code, as far as what stands before the code can say.

    Args:
        module: The module, of which all is known that stands before the code.
        code: Where the code is; None where there is none.
    """
    if module.tagged:
        if code is not None and code.end - code.start <= _SHORT_CODE:
            yield _OTHER_ENCODING
        return
    functions = module.imported.functions
    if _THROW in functions and not any(name.startswith(_INVOKE) for name in functions):
        yield ENCODING


def late_questions(module: Frame) -> Iterator[Question]:
    """What is asked about a module's code because of what stands behind the code; nothing, nearly always."""
    claimed = claimed_features(module)
    wanted = frozenset(feature for feature in IN_CODE - _UNQUESTIONED if feature.value in claimed)
    if wanted:
        yield Question(wanted)


def _catches(facts: Facts, answers: Answers) -> bool | None:
    """Throwing shows in an import; catching in the tag of the exceptions, or else in the code alone."""
    functions = {entry.name for entry in facts.imports if entry.kind is Kind.FUNCTION}
    if CXA_THROW not in functions:
        return None
    if Feature.EXCEPTION_HANDLING in facts.features or any(
        name.startswith(INVOKE_PREFIX) for name in functions
    ):
        return True
    # Cleaning up after any exception needs no tag.
    return bool(answers[ENCODING])


def _stubs(module: Frame) -> tuple[str, ...]:
    section = module.custom("name")
    if section is None:
        return ()
    found: dict[str, None] = {}
    contents = module.view(section)
    for match in _STUB.finditer(contents):
        # Names stand one after another, each after its length: what follows the name may look like it.
        start = match.start()
        length = contents[start - 1] if start else 0
        text = match.group()[:length] if length > len("signature_mismatch:") else match.group()
        found[text.decode("ascii").removeprefix("signature_mismatch:")] = None
        if len(found) >= _MOST_STUBS:
            break
    return tuple(found)


def _build_paths(module: Frame) -> tuple[int, str]:
    section = module.find(SectionId.DATA)
    if section is None:
        return 0, ""
    number, first = 0, ""
    for match in _SOURCE.finditer(module.view(section)):
        if not match.group().startswith(_RUNTIME_HOMES):
            number += 1
            first = first or match.group().decode("utf-8", "replace")
            if number >= _MOST_PATHS:
                break
    return number, first


def _coded(module: Frame, facts: Facts, answers: Answers) -> frozenset[Feature]:
    found = frozenset[Feature]().union(*(answers[question] for question in late_questions(module)))
    if Feature.LEGACY_EXCEPTIONS in facts.features:
        found |= answers.get(_OTHER_ENCODING, frozenset())
    return found


def _classes(module: Frame, facts: Facts) -> frozenset[str]:
    section = module.find(SectionId.DATA)
    if section is None or not any(entry.name.startswith(CLASS_TYPE_INFO_PREFIX) for entry in facts.imports):
        return frozenset()
    found = _CLASS.finditer(module.view(section))
    names = (name for match in found if names_class(name := match.group(1)) and _ANONYMOUS not in name)
    return frozenset(name.decode("ascii") for name in itertools.islice(names, _MOST_CLASSES))


def _wants_numpy_1(module: Frame, facts: Facts) -> bool:
    section = module.find(SectionId.DATA)
    if section is None or not any(entry.name == _ASKS for entry in facts.imports):
        return False
    contents = module.view(section)
    first, second = (re.search(re.escape(name), contents) for name in (_NUMPY_1, _NUMPY_2))
    return first is not None and second is None


def _provides(module: Frame, facts: Facts) -> bool:
    section = module.find(SectionId.DATA)
    if section is None or not (facts.js_functions or START_EM_ASM in facts.exports):
        return False
    return _TABLE.search(module.view(section)) is not None


def _reach(module: Frame, segments: Iterable[tuple[Expression | None, int]]) -> int:
    bases = module.imported.bases
    ends = (
        offset + size
        for start, size in segments
        if start is not None and (offset := offset_from_base(start, bases)) is not None
    )
    return max(ends, default=0)
