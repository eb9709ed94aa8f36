"""What a JavaScript engine takes, and what it says of a module that does not fit (loader.md, section 2).

An engine is one file below ``data/engines``; another engine is another file. One that is mostly like another
names that one and holds what differs. Files are read when their engine is asked for.
"""

from __future__ import annotations

import enum
import functools
from typing import TYPE_CHECKING, Any

from pyodide_abi.platforms.decode import Table
from pyodide_abi.platforms.documents import is_own
from pyodide_abi.platforms.engine_documents import DEFAULT_ENGINE, engine_names, merged, own_document
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

#: Stands in a text for the one named ``import``.
_IMPORT = "{import}"
_OF_IMPORT = frozenset({"call", "index", "module", "name", "have", "wanted"})


class Check(enum.StrEnum):
    """A check of a module's imports, as :attr:`Engine.passes` orders them."""

    MODULE = "module"
    """The module that an import names is there."""
    KIND = "kind"
    """The value is a function, global, tag or table, as wanted."""
    MEMORY_KIND = "memory_kind"
    """The value is a memory, where one is wanted."""
    FUNCTION_TYPE = "function_type"
    """The function has the wanted type."""
    GLOBAL_TYPE = "global_type"
    """The global has the wanted type and mutability."""
    TAG_TYPE = "tag_type"
    """The tag has the wanted type."""
    MEMORY_TYPE = "memory_type"
    """The memory's limits, sharing and addresses are as wanted."""
    TABLE_TYPE = "table_type"
    """The table's limits, elements and addresses are as wanted."""


class Text(enum.StrEnum):
    """What an engine says of each fault.

    Texts about one import may hold ``{call}`` (the function of the JavaScript interface), ``{index}``,
    ``{module}`` and ``{name}`` of the import, and ``{have}`` and ``{wanted}``: what the runtime provides
    and what is declared.
    """

    MODULE_MISSING = "module_missing"
    """The loader provides nothing under the module's name."""
    FUNCTION_MISSING = "function_missing"
    """What is provided for a function is none."""
    FUNCTION_TYPE = "function_type"
    GLOBAL_MISSING = "global_missing"
    """What is provided for an immutable global of numbers is neither a number nor a global."""
    BIGINT_MISSING = "bigint_missing"
    """Likewise for one of 64-bit integers, which are BigInts."""
    REFERENCE_MISSING = "reference_missing"
    """What is provided for a global of function references is no function of WebAssembly."""
    VECTOR_MISSING = "vector_missing"
    """What is provided for an immutable global of vectors is a function or an object, but no global."""
    VECTOR_NUMBER = "vector_number"
    """Likewise a number."""
    MUTABLE_VECTOR = "mutable_vector"
    """What is provided for a mutable global of vectors is a function or an object, but no global."""
    MUTABLE_VECTOR_NUMBER = "mutable_vector_number"
    """Likewise a number."""
    MUTABLE_MISSING = "mutable_missing"
    """What is provided for a mutable global is a function or an object."""
    MUTABLE_NUMBER = "mutable_number"
    """What is provided for a mutable global is a number."""
    MUTABLE_BIGINT = "mutable_bigint"
    """What is provided for a mutable global of 64-bit integers is neither a BigInt nor a global."""
    GLOBAL_MUTABILITY = "global_mutability"
    GLOBAL_TYPE = "global_type"
    GLOBAL_UNLIKE = "global_unlike"
    """The global has neither the wanted mutability nor the wanted type."""
    TAG_MISSING = "tag_missing"
    TAG_TYPE = "tag_type"
    MEMORY_MISSING = "memory_missing"
    MEMORY_ADDRESS = "memory_address"
    """A memory with 64-bit addresses is wanted."""
    MEMORY_SMALL = "memory_small"
    """The memory has fewer pages than declared."""
    MEMORY_LARGE = "memory_large"
    """The memory may grow further than declared."""
    MEMORY_BEYOND = "memory_beyond"
    """The memory has more pages already than it may ever have."""
    MEMORY_UNSHARED = "memory_unshared"
    """The memory is not shared, and was declared to be."""
    TABLE_MISSING = "table_missing"
    TABLE_ADDRESS = "table_address"
    """A table with 64-bit addresses is wanted."""
    TABLE_SMALL = "table_small"
    TABLE_UNBOUNDED = "table_unbounded"
    """The table may grow without an end, where one is declared."""
    TABLE_BEYOND = "table_beyond"
    """Likewise, and it has more entries already."""
    TABLE_TYPE = "table_type"
    DATA_OUTSIDE = "data_outside"
    """Data go beyond the memory: ``{segment}``, ``{offset}``, ``{length}``, ``{size}`` of the memory."""
    ELEMENTS_OUTSIDE = "elements_outside"
    """Elements go beyond the table."""
    TABLE_GROWTH = "table_growth"
    """The table does not grow by ``{size}`` entries."""
    ODD_LENGTH = "odd_length"
    """Bytes whose number is no multiple of four are looked at as 32-bit words."""
    UNSIGNED_FUNCTION = "unsigned_function"
    """The loader reads the signature of a JavaScript function that has none."""
    BIGINT_ADDRESS = "bigint_address"
    """The loader adds a number to a BigInt."""
    MISSING_AT_START = "missing_at_start"
    """A start function calls ``{symbol}``, which nobody provides, before the module's exports are known."""
    SUSPENDING = "suspending"
    """A ``WebAssembly.Suspending`` as a string: an object, or a function, which has an address."""
    UNREACHABLE = "unreachable"
    WRONG_SIGNATURE = "wrong_signature"
    """A function is called through the table with another type than it has."""
    OUTSIDE_TABLE = "outside_table"
    """A call through the table goes beyond it."""
    TABLE_GET_OUTSIDE = "table_get_outside"
    """JavaScript asks for an entry beyond the table."""
    NOT_CALLABLE = "not_callable"
    """The loader takes an export for a function that it cannot look up."""
    UNDEFINED_TO_BIGINT = "undefined_to_bigint"
    """The message of the TypeError with which nothing converts to a 64-bit integer; so for the next two."""
    BIGINT_TO_NUMBER = "bigint_to_number"
    NUMBER_TO_BIGINT = "number_to_bigint"
    SYNTAX = "syntax"
    """JavaScript does not take the parameters of a function: ``{reason}``, as V8 words it."""


_PLACEHOLDERS: Mapping[Text, frozenset[str]] = {
    Text.DATA_OUTSIDE: frozenset({"call", "segment", "offset", "length", "size"}),
    Text.ELEMENTS_OUTSIDE: frozenset({"call"}),
    Text.TABLE_GROWTH: frozenset({"size"}),
    Text.MISSING_AT_START: frozenset({"symbol"}),
    Text.SYNTAX: frozenset({"reason"}),
}
_LAST_OF_IMPORTS = [*Text].index(Text.TABLE_TYPE)


@value
class Calls:
    """How an engine names the functions of the JavaScript interface in its texts.

    Attributes:
        module: the one that compiles a module at once.
        instance: the one that makes an instance at once.
        instantiate: the one that does both, later.
    """

    module: str
    instance: str
    instantiate: str


@value
class SizeBound:
    """How much of something an engine accepts.

    Attributes:
        most: the greatest number.
        text: what it says of more, without the place in the file. It may hold ``{call}``, ``{number}`` and
            ``{most}``, and ``{index}`` and ``{name}`` of the function or type in question.
        late: It is seen when an instance is made; the text has the error's class in front.
        further: A greater bound, beyond which it says something else.
    """

    most: int
    text: str
    late: bool = False
    further: SizeBound | None = None

    def beyond(self, number: int) -> SizeBound:
        """The bound that an engine names for a number that is too great."""
        return self.further if self.further and number > self.further.most else self


@value
class Engine:
    """An engine's features, limits, order of checks and wording.

    Attributes:
        name: the name on the command line.
        surface: the engine whose view of a release's symbols holds for this one.
        largest_table: the largest length of a table, in entries.
        sizes: how much it accepts of what, by the names of ``wasm/sizes.py``; what is not there has no bound.
        place: what it puts behind a text about those, ``{place}`` for the offset; empty where it has none.
        passes: the checks of imports. Each pass looks at all imports in their order, and all of them have to
            stand its checks before the next pass begins. Values are found in the first pass.
        calls: names of functions in the texts.
        refused: what it says of a module with a feature that it does not know, by the feature's name, in the
            order in which it would meet them. The place in the file is left out; ``{call}`` is the function.
        mixture: The same for a module with both encodings of exceptions; empty where it takes them.
        sought: the features in question that only a module's code shows and compilers write.
        texts: what it says of each fault.
        inexact: those of the texts that are not known word for word.
    """

    name: str
    surface: str
    largest_table: int
    sizes: Mapping[str, SizeBound]
    place: str
    passes: tuple[frozenset[Check], ...]
    calls: Calls
    refused: Mapping[str, str]
    mixture: str
    sought: frozenset[str]
    texts: Mapping[Text, str]
    inexact: frozenset[Text]

    def say(self, text: Text, **details: object) -> str:
        """The text for a fault, the error's class in front; ``details`` fill its placeholders."""
        return self.texts[text].format(**details)

    def reason(self, text: Text, **details: object) -> str:
        """The text for a fault without what stands in front of a colon: the error's class, and an import."""
        return self.texts[text].rpartition(": ")[2].format(**details)

    def names(self, text: Text, detail: str) -> bool:
        """The text for a fault holds that detail."""
        return f"{{{detail}}}" in self.texts[text]

    def turn(self, check: Check) -> int:
        """The number of the pass in which a check is made, counted from 0."""
        return next(number for number, checks in enumerate(self.passes) if check in checks)


@functools.cache
def find_engine(name: str = DEFAULT_ENGINE) -> Engine:
    """The engine of that name.

    Raises:
        KeyError: there is none; the command line offers only those there are.
        PlatformDataError: its data has a fault.
    """
    if name not in engine_names():
        raise KeyError(name)
    return parse_engine(name, own_document)


def parse_engine(name: str, read: Callable[[str], Mapping[str, Any] | str]) -> Engine:
    """An engine from the text of its file and of those that it is like.

    Args:
        name: the engine's name.
        read: the file of an engine, its values or its text.

    Raises:
        PlatformDataError: a fault; the message starts with the file and the dotted path.
    """
    file = f"engines/{name}.toml"
    document = read(name)
    root = Table(merged(document, read, file), file=file, checked=not is_own(document, file))
    identity, limits, sizes, order, calls = map(root.table, ("identity", "limits", "sizes", "order", "calls"))
    features = root.table("features")
    refused = features.table("refused")
    texts = root.table("texts")
    for table in (identity, limits, sizes, order, calls, features, texts):
        table.text("reason")
        table.text("source")
    identity.optional_text("like")
    engine = Engine(
        name=identity.text("name", name),
        surface=identity.text("surface"),
        largest_table=limits.number("largest_table"),
        sizes=_sizes(sizes.table("bounds")),
        place=sizes.optional_text("place") or "",
        passes=_passes(order),
        calls=Calls(**{key: calls.text(key) for key in ("module", "instance", "instantiate")}),
        refused={feature: refused.text(feature) for feature in refused},
        mixture=features.optional_text("mixture") or "",
        sought=frozenset(features.texts("sought", may_be_empty=True)),
        texts=_texts(texts),
        inexact=frozenset(texts.choices("inexact", Text, may_be_empty=True)),
    )
    for table in (identity, limits, sizes, order, calls, refused, features, texts, root):
        table.finish()
    return engine


def _sizes(table: Table) -> dict[str, SizeBound]:
    return {size: _bound(table, size) for size in table}


def _bound(table: Table, size: str) -> SizeBound:
    entry = table.table(size)
    bound = SizeBound(
        most=entry.number("most"),
        text=entry.text("text"),
        late="late" in entry and entry.flag("late"),
        further=_bound(entry, "further") if "further" in entry else None,
    )
    entry.finish()
    _check_placeholders(table, size, bound.text, ("call", "number", "most", "index", "name"))
    return bound


def _passes(order: Table) -> tuple[frozenset[Check], ...]:
    passes = order.groups("passes", Check)
    for check in Check if order.checked else ():
        found = sum(check in checks for checks in passes)
        if found != 1:
            order.fail("passes", f"has the check '{check}' {found} times, not once")
    return passes


def _texts(table: Table) -> dict[Text, str]:
    prefix = table.text("import")
    texts = {}
    for place, text in enumerate(Text):
        found = table.text(text).replace(_IMPORT, prefix)
        texts[text] = found
        known = _OF_IMPORT if place <= _LAST_OF_IMPORTS else _PLACEHOLDERS.get(text, frozenset())
        _check_placeholders(table, text, found, known)
    return texts


def _check_placeholders(table: Table, key: str, text: str, known: Iterable[str]) -> None:
    try:
        _ = text.format_map(dict.fromkeys(known, "")) if table.checked else text
    except (KeyError, IndexError, ValueError) as error:
        table.fail(key, f"has a placeholder that nothing fills: {error}")
