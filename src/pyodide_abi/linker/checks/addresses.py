"""What the loader says of an entry of the global offset table without an address (loader.md, section 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyodide_abi.abi.symbols import MADE_WHEN_CALLED
from pyodide_abi.linker.offers import FUNCTIONS, Value
from pyodide_abi.linker.prediction import Cause, Problem
from pyodide_abi.platforms.engines import Text
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyodide_abi.linker.main_module import MainModule
    from pyodide_abi.linker.offers import Offer
    from pyodide_abi.platforms.loaders import Loader


@value(kw_only=False)
class GotRequester:
    """The library that asked for entries of the global offset table; one value for all of them.

    Attributes:
        library: The library's path.
        wanted: The types that it declares for its entries, by name.
    """

    library: str
    wanted: Mapping[str, str]


def check_address(
    name: str, offer: Offer | None, requester: GotRequester, *, required: bool, main_module: MainModule
) -> Problem | None:
    """The complaint about an entry that no loaded library defines.

    Args:
        name: The symbol.
        offer: What the loader has under that name.
        requester: The library that asked for the entry.
        required: Whether at least one library cannot do without it.
        main_module: The main module, with its loader and engine.
    """
    loader = main_module.loader
    if offer is None and loader.late_invoke and name.startswith(MADE_WHEN_CALLED):
        text = main_module.engine.say(Text.UNSIGNED_FUNCTION)
    elif offer is None:
        if not required:
            return None
        text = loader.undefined_address.format(symbol=name)
    elif offer.value is Value.UNTYPED_FUNCTION:
        text = main_module.engine.say(Text.UNSIGNED_FUNCTION)
    elif offer.value in FUNCTIONS or _is_address(offer, loader):
        return None
    elif offer.value is Value.SUSPENDING:
        written = main_module.engine.say(Text.SUSPENDING)
        if written.startswith("function"):
            return None
        text = loader.wrong_address.format(symbol=name, value=written)
    else:
        text = loader.wrong_address.format(
            symbol=name, value=f"[object WebAssembly.{offer.value.capitalize()}]"
        )
    return Problem(
        cause=Cause.UNDEFINED_ADDRESS if offer is None else Cause.WRONG_ADDRESS,
        text=text,
        library=requester.library,
        symbol=name,
        wanted=requester.wanted[name],
        provided="" if offer is None else f"{offer.value} {offer.type}".strip(),
    )


def _is_address(offer: Offer, loader: Loader) -> bool:
    # Where data are JavaScript numbers, a WebAssembly.Global is no address.
    is_global = bool(offer.type) if offer.value is Value.DATA else offer.value is Value.GLOBAL
    return not (is_global and loader.data_is_number) and offer.value in {Value.DATA, Value.GLOBAL}
