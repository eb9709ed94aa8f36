"""Set what the linker predicts beside what the runtime did."""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING

from pyodide_abi.linker import Installed, Outcome, Resolver, read_library
from pyodide_abi.linker.installing import loaded_ahead
from pyodide_abi.platforms.engines import find_engine
from pyodide_abi.platforms.installers import installer_of
from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from differential.observing import Seen

    from pyodide_abi.linker import Prediction
    from pyodide_abi.linker.installing import Stop
    from pyodide_abi.platforms import Symbol
    from pyodide_abi.platforms.model import Platform, Release

#: The driver's own expression, which an engine that repeats the source names in place of the loader's.
_WRAPPER = "new target(module, imports)"
#: What JavaScriptCore repeats of the source: which call it was is claimed only where the text says it.
_EVALUATED = re.compile(r" \(evaluating '.*'\)$", re.DOTALL)
_UNRESOLVED = "cannot resolve symbol "


class Aspect(enum.StrEnum):
    """What is compared."""

    OUTCOME = "outcome"
    MESSAGE = "message"
    INSTALL = "install"
    LATENT = "latent"
    CALL = "call"


#: Aspect, prediction and observation in words, whether they agree, whether the text is claimed word for word.
Result = tuple[Aspect, str, str, bool, bool]


@value
class Comparison:
    """One aspect of one case in one release.

    Attributes:
        case: its name.
        platform: the platform's name.
        release: the runtime's version.
        aspect: what was compared.
        predicted: in words.
        observed: in words.
        agrees: they are the same.
        exact: the prediction claims the text word for word; otherwise only its beginning is compared.
    """

    case: str
    platform: str
    release: str
    aspect: Aspect
    predicted: str
    observed: str
    agrees: bool
    exact: bool = True


def read_installed(folder: Path, paths: Sequence[str], engine: str) -> Installed:
    """A case's files as the linker sees them, who predicts for an engine."""
    sought = find_engine(engine).sought
    return Installed(
        libraries={path: read_library(path, (folder / path).read_bytes(), sought=sought) for path in paths}
    )


def predict_imports(
    modules: Sequence[str],
    installed: Installed,
    *,
    platform: Platform,
    symbols: Mapping[str, Symbol],
    engine: str,
) -> list[Prediction]:
    """What becomes of imports one after another."""
    paths = [place_of(module, installed, platform) for module in modules]
    resolver = Resolver(installed, platform=platform, symbols=symbols, engine=engine)
    return list(resolver.resolve_in_order(paths))


def predict_install(
    modules: Sequence[str],
    installed: Installed,
    *,
    platform: Platform,
    release: Release,
    symbols: Mapping[str, Symbol],
    engine: str,
) -> tuple[Stop | None, tuple[Prediction, ...]]:
    """What an installer complains of, and what becomes of imports after it."""
    paths = [place_of(module, installed, platform) for module in modules]
    installer = installer_of(release.version)
    resolver = Resolver(installed, platform=platform, symbols=symbols, engine=engine, installer=installer)
    order = [path for path in installed.libraries if loaded_ahead(path, platform.python.suffixes)]
    return resolver.install_and_import(order, paths)


def place_of(module: str, installed: Installed, platform: Platform) -> str:
    """The file that a plain import takes: the first suffix of CPython's list that is there.

    Raises:
        KeyError: there is no such file, so that the case's recipe is wrong.
    """
    stem = module.replace(".", "/")
    for suffix in platform.python.suffixes:
        if stem + suffix in installed.libraries:
            return stem + suffix
    raise KeyError(module)


def compare_steps(predictions: Sequence[Prediction], seen: Seen, engine: str) -> Iterator[Result]:
    """Outcome, message and latent symbols of the imports.

    Args:
        predictions: one for each import.
        seen: what came of them.
        engine: the name of the engine that it was seen in.

    Yields:
        aspect, prediction and observation in words, whether they agree, whether the text is exact.
    """
    for prediction, step in zip(predictions, seen.steps, strict=False):
        expected = expected_kind(prediction)
        yield Aspect.OUTCOME, expected, step.kind, expected == step.kind, True
        if step.kind == "loads" and prediction.error is None:
            continue
        exact = not prediction.problems or prediction.problems[0].exact
        text = prediction.error or ""
        said = step.text.replace(_WRAPPER, find_engine(engine).calls.instance)
        if "(evaluating '" not in text:
            said = _EVALUATED.sub("", said)
        yield Aspect.MESSAGE, text, said, _same_text(text, said, exact=exact), exact
    everything_loads = all(step.kind == "loads" for step in seen.steps)
    if everything_loads and seen.unresolved is not None:
        latent = frozenset(entry.symbol for prediction in predictions for entry in prediction.undefined_calls)
        yield Aspect.LATENT, _list(latent), _list(seen.unresolved), latent == seen.unresolved, True


def compare_install(stop: Stop | None, seen: Seen) -> Result:
    """Whether the installer complains, and of what."""
    words = "" if stop is None else stop.words
    exact = stop is None or stop.problem.exact
    observed = seen.installed or ""
    agrees = words == observed if exact else _same_beginning(words, observed)
    return Aspect.INSTALL, words, observed, agrees, exact


def compare_call(symbol: str, predictions: Sequence[Prediction], seen: Seen) -> Result:
    """Whether a call of a symbol kills the interpreter exactly when the symbol is predicted to be latent."""
    latent = any(entry.symbol == symbol for prediction in predictions for entry in prediction.undefined_calls)
    last = seen.steps[-1]
    killed = last.kind == "dies" and last.text.endswith(_UNRESOLVED + symbol)
    words = f"{last.kind}: {last.text}" if last.text else last.kind
    predicted = f"calling {symbol} kills" if latent else f"calling {symbol} finds it"
    return Aspect.CALL, predicted, words, latent == killed, True


def expected_kind(prediction: Prediction) -> str:
    """``loads``, ``raises`` or ``dies``."""
    if prediction.outcome is Outcome.LOADS:
        return "loads"
    return "dies" if prediction.problems[0].fatal else "raises"


def _same_text(predicted: str, observed: str, *, exact: bool) -> bool:
    return predicted == observed if exact else _same_beginning(predicted, observed)


def _same_beginning(predicted: str, observed: str) -> bool:
    """The engine's reason is not predicted: what stands before it is, down to the error's class."""
    head, named, _ = predicted.partition("(): ")
    if not named:
        before, line, reason = predicted.rpartition("\n")
        head = before + line + reason.partition(": ")[0]
    return bool(head) and observed.startswith(head)


def _list(symbols: frozenset[str]) -> str:
    return " ".join(sorted(symbols)) or "none"
