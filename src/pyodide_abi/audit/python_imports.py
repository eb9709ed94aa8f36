"""Which threads and processes a Python module starts while it is imported, found by parsing it.

The outcomes were seen in 0.26.0, 0.29.5, 314.0.7 and 315.0.0-alpha.2, which agree on them.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pyodide_abi.values import value

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_THREAD = "RuntimeError: can't start new thread"
_NO_SEMAPHORE = "ModuleNotFoundError: No module named '_multiprocessing'"
_NO_PROCESS = "OSError: [Errno 138] emscripten does not support processes."
#: What fails when it is called.
_CALLS = {
    "_thread.start_new_thread": _NO_THREAD,
    "concurrent.futures.ProcessPoolExecutor": _NO_SEMAPHORE,
    **dict.fromkeys(
        (
            f"multiprocessing.{name}"
            for name in (
                *("Lock", "RLock", "Event", "Condition", "Semaphore", "BoundedSemaphore", "Barrier"),
                *("Queue", "JoinableQueue", "SimpleQueue", "Pool", "Value", "Array", "Manager"),
            )
        ),
        _NO_SEMAPHORE,
    ),
    **dict.fromkeys(
        (
            f"subprocess.{name}"
            for name in ("run", "call", "check_call", "check_output", "Popen", "getoutput", "getstatusoutput")
        ),
        _NO_PROCESS,
    ),
    "os.popen": _NO_PROCESS,
    "os.fork": "OSError: [Errno 52] Function not implemented",
}
#: What fails when one of its methods is called.
_METHODS = {
    "threading.Thread": ({"start"}, _NO_THREAD),
    "threading.Timer": ({"start"}, _NO_THREAD),
    "concurrent.futures.ThreadPoolExecutor": ({"submit", "map"}, _NO_THREAD),
    "multiprocessing.Process": ({"start"}, "ModuleNotFoundError or OSError"),
}
#: Names in a condition that show that its author thought of platforms like this one.
_CONDITIONS = frozenset(
    {"platform", "TYPE_CHECKING", "__name__", "name", "environ", "getenv", "hasattr", "find_spec"}
)


@value
class Start:
    """A call that fails.

    Attributes:
        line: The number of the line, from 1.
        call: as the table has it, such as ``threading.Thread(…).start``.
        error: what Python says.
    """

    line: int
    call: str
    error: str


def starts_at_import(source: bytes) -> list[Start]:
    """The failing calls of a module's own statements, in order; none where it cannot be parsed."""
    try:
        tree = ast.parse(source)
        walk = _Walk()
        return list(walk.statements(tree.body))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # It is no module of this Python, or made to be none of any: nothing can be said about it.
        return []


class _Walk:
    """Follows what runs during an import, with the names that imports and assignments give to things."""

    def __init__(self) -> None:
        self._meaning: dict[str, str] = {}

    def statements(self, body: list[ast.stmt]) -> Iterator[Start]:
        """The failing calls of statements, in order."""
        for statement in body:
            expressions, inner = _executed(statement)
            yield from self._calls(*expressions)
            self._bind(statement)
            yield from self.statements(inner)

    def _bind(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Import(names=names):
                for alias in names:
                    top = alias.name.partition(".")[0]
                    self._meaning[alias.asname or top] = alias.name if alias.asname else top
            case ast.ImportFrom(module=str() as module, names=names, level=0):
                for alias in names:
                    self._meaning[alias.asname or alias.name] = f"{module}.{alias.name}"
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._remember(target, value)
            case ast.With(items=items):
                for item in items:
                    self._remember(item.optional_vars, item.context_expr)
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                self._meaning.pop(name, None)
            case _:
                pass

    def _remember(self, target: ast.expr | None, value: ast.expr) -> None:
        """A variable with what made its value, or without a meaning if it had one."""
        if isinstance(target, ast.Name):
            maker = self._dotted(value.func) if isinstance(value, ast.Call) else ""
            self._meaning[target.id] = f"{maker}(…)" if maker in _METHODS else ""

    def _calls(self, *expressions: ast.expr) -> Iterator[Start]:
        for expression in expressions:
            # Inner calls come first, as when the expression is evaluated.
            for node in reversed(list(_evaluated(expression))):
                if isinstance(node, ast.Call):
                    yield from self._call(node)

    def _call(self, call: ast.Call) -> Iterator[Start]:
        name = self._dotted(call.func)
        if name in _CALLS:
            yield Start(line=call.lineno, call=name, error=_CALLS[name])
        maker, _, method = name.rpartition(".")
        methods, error = _METHODS.get(maker.removesuffix("(…)"), (set(), ""))
        if maker.endswith("(…)") and method in methods:
            yield Start(line=call.lineno, call=name, error=error)

    def _dotted(self, expression: ast.expr) -> str:
        """What an expression names, as its modules call it; empty for anything else."""
        match expression:
            case ast.Name(id=name):
                return self._meaning.get(name, "")
            case ast.Attribute(value=value, attr=attribute):
                owner = self._dotted(value)
                return f"{owner}.{attribute}" if owner else ""
            case ast.Call(func=function):
                maker = self._dotted(function)
                return f"{maker}(…)" if maker in _METHODS else ""
            case _:
                return ""


def _executed(statement: ast.stmt) -> tuple[list[ast.expr], list[ast.stmt]]:
    """The expressions that a statement evaluates, and the statements in it that run after them."""
    expressions: list[ast.expr] = []
    inner: list[ast.stmt] = []
    match statement:
        case ast.FunctionDef(decorator_list=expressions) | ast.AsyncFunctionDef(decorator_list=expressions):
            pass
        case ast.ClassDef(decorator_list=expressions, body=inner):
            pass
        case ast.If(test=test, body=body, orelse=other) | ast.While(test=test, body=body, orelse=other):
            if not _names_in(test) & _CONDITIONS:
                expressions, inner = [test], [*body, *other]
        case ast.For(iter=values, body=body, orelse=other):
            expressions, inner = [values], [*body, *other]
        case ast.With(items=items, body=inner):
            expressions = [item.context_expr for item in items]
        case ast.Try(handlers=[], body=body, finalbody=last):
            inner = [*body, *last]
        case ast.Assign(value=value) | ast.Expr(value=value):
            expressions = [value]
        case _:
            pass  # It calls nothing for its effect, or guards what it calls.
    return expressions, inner


def _evaluated(expression: ast.expr) -> Iterator[ast.AST]:
    """The parts of an expression that are evaluated with it: no bodies of lambdas."""
    waiting: list[ast.AST] = [expression]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))


def _names_in(expression: ast.expr) -> set[str]:
    found = set()
    for node in ast.walk(expression):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                found.add(name)
            case _:
                pass
    return found
