"""What the JavaScript engine says when a module's imports do not fit (loader.md, section 2).

The wording is V8's, that of Node 24; each text has been produced by that engine. Another engine is another
value of :class:`Engine`.
"""

from __future__ import annotations

from dataclasses import dataclass

#: The engine that predictions are for unless another is named.
DEFAULT_ENGINE = "node24"


@dataclass(frozen=True, kw_only=True, slots=True)
class Engine:
    """An engine's order of checks and its wording.

    Attributes:
        name: as on the command line.
        import_prefix: what stands before the complaint about one import.
        memory_first: memory imports are checked before all others.
    """

    name: str
    import_prefix: str
    memory_first: bool

    def at_import(self, index: int, module: str, name: str, complaint: str) -> str:
        """The text about one import, ``index`` counted over the whole import section."""
        return self.import_prefix.format(index=index, module=module, name=name) + complaint


ENGINES = (Engine(name="node24", import_prefix='Import #{index} "{module}" "{name}": ', memory_first=True),)


def find_engine(name: str = DEFAULT_ENGINE) -> Engine:
    """The engine of that name.

    Raises:
        KeyError: there is none; the command line offers only those there are.
    """
    return {engine.name: engine for engine in ENGINES}[name]
