"""What a JavaScript engine takes, and what it says of a module that does not fit (loader.md, section 2).

The wording is V8's, which changed between Node 20 (V8 11.3) and Node 24 (V8 13.6), and hardly to Chromium 156
(V8 15.6); each text has been produced by the engine it is given for. Another engine is another value of
:class:`Engine`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.values import replace, value
from pyodide_abi.wasm.features import Feature

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The engine that predictions are for unless another is named.
DEFAULT_ENGINE = "node24"


@value
class Engine:
    """An engine's order of checks and its wording.

    In the texts ``{index}``, ``{module}`` and ``{name}`` say which import it is, ``{have}`` and ``{wanted}``
    what the runtime provides and the module declares.

    Attributes:
        name: as on the command line.
        known_as: in the platforms' data; engines with the same features and symbols share a name there.
        import_prefix: what stands before the complaint about one import.
        module_prefix: what stands before the complaint about a module that imports come from.
        memory_first: memory imports are checked before all others.
        memory_small: the memory has fewer pages than declared.
        memory_large: it may grow further than declared.
        memory_shared: it is not shared, and was declared to be.
        table_unbounded: the table may grow without an end, where one is declared.
        segment_outside: data go beyond the memory; ``{segment}``, ``{offset}``, ``{length}``, ``{size}``.
        wrong_type: a function is called through the table with another type than it has.
        refused: what it says of a module with a feature that it does not know, in the order of a module's
            sections. It stops at the first instruction or type of that kind, and names its place in the file,
            which is not known here; of the several texts for one feature this is the commonest.
        mixture: what it says of a module with both encodings of exceptions; empty where it takes them.
        sought: the features in question that only a module's code shows and compilers write.
    """

    name: str
    known_as: str
    import_prefix: str
    module_prefix: str
    memory_first: bool
    memory_small: str
    memory_large: str
    memory_shared: str
    table_unbounded: str
    segment_outside: str
    wrong_type: str
    refused: Mapping[Feature, str]
    mixture: str = ""
    sought: frozenset[Feature] = frozenset()

    def at_import(self, index: int, module: str, name: str, complaint: str) -> str:
        """The text about one import, ``index`` counted over the whole import section."""
        return self.import_prefix.format(index=index, module=module, name=name) + complaint


#: Of exceptions.
ENCODINGS = frozenset({Feature.EXNREF, Feature.LEGACY_EXCEPTIONS})

_LARGER = "memory import {index} has a larger maximum size {have} than the module's declared maximum {wanted}"
_UNSHARED = "mismatch in shared state of memory, declared = 1, imported = 0"
_IN_FUNCTION = "Compiling function failed: "
_WRONG_TYPE = "null function or function signature mismatch"
#: Known to no engine without a flag.
_REFUSED_BY_ALL = {
    Feature.WIDE_ARITHMETIC: f"{_IN_FUNCTION}invalid numeric opcode",
    Feature.CUSTOM_PAGE_SIZES: "invalid memory limits flags",
    Feature.STRINGREF: "invalid value type 'stringref', enable with --experimental-wasm-stringref",
}

_PREFIX_24 = 'Import #{index} "{module}" "{name}": '
_NODE_24 = Engine(
    name="node24",
    known_as="node24",
    import_prefix=_PREFIX_24,
    module_prefix='Import #{index} "{module}": ',
    memory_first=True,
    memory_small=(
        _PREFIX_24 + "memory import has {have} pages which is smaller than the declared initial of {wanted}"
    ),
    memory_large=_PREFIX_24 + _LARGER.replace(" {index}", ""),
    memory_shared=_PREFIX_24 + _UNSHARED,
    table_unbounded="table import {index} has no maximum length; required: {wanted}",
    segment_outside=(
        "data segment {segment} is out of bounds (offset {offset}, length {length}, memory size {size})"
    ),
    wrong_type=_WRONG_TYPE,
    refused=_REFUSED_BY_ALL,
)
_NODE_20 = Engine(
    name="node20",
    known_as="node20",
    import_prefix='Import #{index} module="{module}" function="{name}" error: ',
    module_prefix='Import #{index} module="{module}" error: ',
    memory_first=False,
    memory_small="memory import {index} is smaller than initial {wanted}, got {have}",
    memory_large=_LARGER,
    memory_shared=_UNSHARED,
    table_unbounded="table import {index} has no maximum length, expected {wanted}",
    segment_outside="data segment is out of bounds",
    wrong_type=_WRONG_TYPE,
    refused={
        Feature.GC: "Unknown type code 0x5f, enable with --experimental-wasm-gc",
        **_REFUSED_BY_ALL,
        Feature.MULTIMEMORY: "At most one memory is supported",
        Feature.MEMORY64: "invalid memory limits flags 0x4 (enable via --experimental-wasm-memory64)",
        Feature.EXTENDED_CONST: "opcode i32.add is not allowed in constant expressions",
        Feature.EXNREF: f"{_IN_FUNCTION}Invalid opcode 0x1f",
        Feature.RELAXED_SIMD: (
            f"{_IN_FUNCTION}simd opcode not available, enable with --experimental-relaxed-simd"
        ),
    },
    sought=frozenset({Feature.EXNREF, Feature.RELAXED_SIMD}),
)

_CHROMIUM = replace(
    _NODE_24,
    name="chromium",
    wrong_type="function signature mismatch",
    refused={**_REFUSED_BY_ALL, Feature.WIDE_ARITHMETIC: f"{_IN_FUNCTION}Invalid opcode 0xfc16"},
    mixture=f"{_IN_FUNCTION}module uses a mix of legacy and new exception handling instructions",
    sought=ENCODINGS,
)

ENGINES = (_NODE_24, _NODE_20, _CHROMIUM)


def find_engine(name: str = DEFAULT_ENGINE) -> Engine:
    """The engine of that name.

    Raises:
        KeyError: there is none; the command line offers only those there are.
    """
    return {engine.name: engine for engine in ENGINES}[name]
