"""How the loaders of the four Emscripten versions differ, as data (loader.md, sections 1 to 6).

The loader is Emscripten's ``libdylink.js`` with CPython's ``dlopen`` in front of it. The platform data says
which generation a platform's runtimes have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.errors import PlatformDataError
from pyodide_abi.values import replace, value

if TYPE_CHECKING:
    from pyodide_abi.platforms.model import Platform


@value
class Loader:
    """One generation of the loader.

    Attributes:
        generation: counted from 1, as the platform data has it.
        legacy_dylink: takes a section named ``dylink`` as well as ``dylink.0``.
        load_failed: what an import's error starts with; ``{path}`` is the file's place in the runtime.
        undefined_address: a required ``GOT`` entry that nobody defines.
        wrong_address: a ``GOT`` entry defined as something without an address.
        not_found: a needed library that is nowhere and whose name ends in ``.so``.
        not_found_other: likewise, with another ending.
        normalises_needed: ``./x.so`` is looked for as ``x.so``.
        data_is_number: data symbols of the main module are JavaScript numbers, not ``WebAssembly.Global``.
        late_invoke: ``invoke_*`` and ``__cxa_find_matching_catch_*`` are made when first called.
        needed_accumulates: all lists of needed libraries count, not the last alone.
        weak_stays_null: a weak address that nobody defines is settled as null for good.
        weak_set_shared: the set of weak symbols is one for the whole process, overwritten by each load.
        object_export_fails: exporting a memory, table or tag under a name of the main module fails.
        bigint_export_fails: exporting a 64-bit immutable global fails.
        init_prefixes: of the functions that make a module, in the order in which they are looked for.
        keyed_by_name: a needed library is known by the name it was asked for, not by its path, and sought
            where the library that all is loaded for would have it.
        init_typed: the engine calls ``PyInit_`` with its exact type, without a JavaScript call between.
    """

    generation: int
    legacy_dylink: bool
    load_failed: str
    undefined_address: str
    wrong_address: str
    not_found: str
    not_found_other: str
    normalises_needed: bool
    data_is_number: bool
    late_invoke: bool
    needed_accumulates: bool
    weak_stays_null: bool
    weak_set_shared: bool
    object_export_fails: bool
    bigint_export_fails: bool
    init_prefixes: tuple[str, ...]
    init_typed: bool
    keyed_by_name: bool


@value
class Mode:
    """How a load treats symbols.

    Attributes:
        everywhere: the library's symbols are for all (RTLD_GLOBAL).
        needed_everywhere: likewise those of the libraries that it needs.
        scope: the libraries of the load see one another's symbols.
        tolerant: undefined addresses are no error yet.
    """

    everywhere: bool = False
    needed_everywhere: bool = False
    scope: bool = True
    tolerant: bool = False


#: That of an import.
ORDINARY = Mode()


_SEARCHED = 'Error: Failed to find dynamic library "{name}"'
_SEARCHED_OTHER = 'Error: Unexpected call to locateFile("{name}")'
_UNSEARCHED = "Error: Didn't expect to load any more file_packager files!"

_FIRST = Loader(
    generation=1,
    legacy_dylink=True,
    load_failed="Could not load dynamic lib: {path}",
    undefined_address="Error: bad export type for '{symbol}': undefined",
    wrong_address="Error: bad export type for '{symbol}': object",
    not_found=_UNSEARCHED,
    not_found_other=_UNSEARCHED,
    normalises_needed=False,
    data_is_number=True,
    late_invoke=True,
    needed_accumulates=True,
    weak_stays_null=False,
    weak_set_shared=True,
    object_export_fails=True,
    bigint_export_fails=False,
    init_prefixes=("PyInit",),
    init_typed=False,
    keyed_by_name=True,
)
# Each further generation is what it changed.
_SECOND = replace(
    _FIRST,
    generation=2,
    legacy_dylink=False,
    not_found=_SEARCHED,
    not_found_other=_SEARCHED_OTHER,
    late_invoke=False,
    needed_accumulates=False,
    init_typed=True,
    keyed_by_name=False,
)
_THIRD = replace(
    _SECOND,
    generation=3,
    load_failed="could not load dynamic lib: {path}",
    undefined_address="Error: Dynamic linking error: undefined symbol '{symbol}'",
    wrong_address="Error: bad export type for '{symbol}': object ([object WebAssembly.{kind}])",
    normalises_needed=True,
    data_is_number=False,
    weak_stays_null=True,
    weak_set_shared=False,
    object_export_fails=False,
    bigint_export_fails=True,
)
_FOURTH = replace(_THIRD, generation=4, init_prefixes=("PyModExport", "PyInit"))

LOADERS = (_FIRST, _SECOND, _THIRD, _FOURTH)


def loader_of(platform: Platform) -> Loader:
    """The loader of a platform's runtimes.

    Raises:
        PlatformDataError: the platform names a generation that is not described here.
    """
    for loader in LOADERS:
        if loader.generation == platform.loader:
            return loader
    raise PlatformDataError(
        f"{platform.name}.loader: generation {platform.loader} of the loader is not known",
        hint="describe it in linker/loaders.py",
    )
