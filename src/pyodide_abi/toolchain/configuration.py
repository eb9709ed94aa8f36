"""The target's configuration, from the runtime's own ``_sysconfigdata__emscripten_wasm32-emscripten.py``.

That file is what ``sysconfig`` reads in the runtime. CPython makes it from its Makefile and its
``pyconfig.h`` (``sysconfig._generate_posix_vars``), so ``pyconfig.h`` can be made from it again. Three things
are lost on the way, because ``sysconfig.parse_config_h`` reads only single lines ``#define NAME value`` and
``/* #undef NAME */`` with a capital letter first, and keeps 0 for the latter:

- which names are of ``pyconfig.h``: the host's own, of the same minor version, tells, and the prefixes do;
- names that begin with an underscore or a small letter: :data:`_LOST` has those that are defined, with the
  reason; the others stand for types or features that musl has or the target lacks, and stay undefined;
- whether 0 was written as 0 or as undefined: autoconf writes 0 only for the results of ``AC_CHECK_DECLS`` and
  ``AC_CHECK_SIZEOF`` and their like. For ``#if`` the two are the same.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from pyodide_abi.errors import UnreadableInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Value = int | str
MODULE = "_sysconfigdata__emscripten_wasm32-emscripten.py"
_DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", re.MULTILINE)
_UNDEF = re.compile(r"^/\*[ \t]*#undef[ \t]+(\w+)[ \t]*\*/", re.MULTILINE)
_OWN_PREFIXES = ("HAVE_", "SIZEOF_", "ALIGNOF_")
_ZERO_IS_WRITTEN = ("HAVE_DECL_", "SIZEOF_", "ALIGNOF_", "PY_SUPPORT_TIER")

#: Defined on Emscripten by CPython's configure, and lost in the data. ``AC_USE_SYSTEM_EXTENSIONS`` defines
#: its names on every system; the X/Open, POSIX and large-file ones are defined on every system that
#: configure.ac does not except by name, which Emscripten is not.
_LOST: tuple[tuple[str, str], ...] = (
    ("_ALL_SOURCE", "1"),
    ("_DARWIN_C_SOURCE", "1"),
    ("_GNU_SOURCE", "1"),
    ("_HPUX_ALT_XOPEN_SOCKET_API", "1"),
    ("_NETBSD_SOURCE", "1"),
    ("_OPENBSD_SOURCE", "1"),
    ("_POSIX_PTHREAD_SEMANTICS", "1"),
    ("_TANDEM_SOURCE", "1"),
    ("__EXTENSIONS__", "1"),
    ("__STDC_WANT_IEC_60559_ATTRIBS_EXT__", "1"),
    ("__STDC_WANT_IEC_60559_BFP_EXT__", "1"),
    ("__STDC_WANT_IEC_60559_DFP_EXT__", "1"),
    ("__STDC_WANT_IEC_60559_FUNCS_EXT__", "1"),
    ("__STDC_WANT_IEC_60559_TYPES_EXT__", "1"),
    ("__STDC_WANT_LIB_EXT2__", "1"),
    ("__STDC_WANT_MATH_SPEC_FUNCS__", "1"),
    ("_FILE_OFFSET_BITS", "64"),
    ("_LARGEFILE_SOURCE", "1"),
    ("_POSIX_C_SOURCE", "200809L"),
    ("_XOPEN_SOURCE", "700"),
    ("_XOPEN_SOURCE_EXTENDED", "1"),
    ("__BSD_VISIBLE", "1"),
    ("_PYTHONFRAMEWORK", '""'),
    # The stack in linear memory grows down (WebAssembly tool conventions, "The linear stack").
    ("_Py_STACK_GROWS_DOWN", "1"),
)


def read_variables(source: str, where: str) -> dict[str, Value]:
    """The variables of a ``_sysconfigdata`` module, without running it.

    Pyodide's has values that are format strings over one name, the root of its build tree, itself taken from
    the environment with a default; the default is what stands in these values here.

    Args:
        source: the module's text.
        where: what to call it in an error.

    Raises:
        UnreadableInputError: it is not such a module.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise UnreadableInputError(f"{where} is not Python: {error}") from error
    names: dict[str, str] = {}
    for statement in tree.body:
        if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
            continue
        if statement.targets[0].id == "build_time_vars" and isinstance(statement.value, ast.Dict):
            pairs = zip(statement.value.keys, statement.value.values, strict=True)
            return {_key(key, where): _value(value, names, where) for key, value in pairs}
        if isinstance(statement.value, ast.Call) and statement.value.args:
            default = statement.value.args[-1]
            if isinstance(default, ast.Constant):
                names[statement.targets[0].id] = str(default.value)
    raise UnreadableInputError(f"{where} does not assign a dictionary to 'build_time_vars'")


def names_in(text: str) -> frozenset[str]:
    """Every name that a ``pyconfig.h`` defines or says to be undefined."""
    return frozenset(_DEFINE.findall(text)) | frozenset(_UNDEF.findall(text))


def write_pyconfig(variables: Mapping[str, Value], host_names: Iterable[str], origin: str) -> str:
    """The target's ``pyconfig.h``.

    Args:
        variables: the runtime's.
        host_names: the names in the ``pyconfig.h`` of a CPython of the same minor version.
        origin: what the values were read from, for the comment at the top.
    """
    known = set(host_names)
    own = {name for name in variables if name in known or name.startswith(_OWN_PREFIXES)}
    lost = dict(_LOST)
    lines = [
        f"/* pyconfig.h of wasm32-emscripten, made by pyodide-abi from {origin}. */",
        "#ifndef Py_PYCONFIG_H",
        "#define Py_PYCONFIG_H",
        "",
    ]
    for name in sorted((own | known) - {"Py_PYCONFIG_H"}):
        if name in own:
            lines.append(_line(name, variables[name]))
        elif name in lost:
            lines += [f"#ifndef {name}", f"#  define {name} {lost[name]}", "#endif"]
        else:
            lines.append(f"/* #undef {name} */")
    return "\n".join([*lines, "", "#endif /* Py_PYCONFIG_H */", ""])


def write_patchlevel(text: str, version: str, where: str) -> str:
    """A host's ``patchlevel.h`` with the target's full version in it.

    The headers of two patch releases of a minor version agree; the version number that modules are compiled
    with has to be the runtime's.

    Args:
        text: the host's.
        version: the target's, such as ``3.14.2`` or ``3.15.0rc1`` (PEP 440).
        where: what to call the file in an error.

    Raises:
        UnreadableInputError: a macro is not where it is in every CPython.
    """
    match = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)(?:(a|b|rc)(\d+))?", version)
    if match is None:
        raise UnreadableInputError(f"the runtime's CPython has a version we do not understand: '{version}'")
    major, minor, micro, phase, serial = match.groups()
    level = {"a": "ALPHA", "b": "BETA", "rc": "GAMMA", None: "FINAL"}[phase]
    macros = {
        "PY_MAJOR_VERSION": major,
        "PY_MINOR_VERSION": minor,
        "PY_MICRO_VERSION": micro,
        "PY_RELEASE_LEVEL": f"PY_RELEASE_LEVEL_{level}",
        "PY_RELEASE_SERIAL": serial or "0",
        "PY_VERSION": f'"{version}"',
    }
    for name, value in macros.items():
        text, count = re.subn(
            rf"^(#define[ \t]+{name}[ \t]+)\S+", rf"\g<1>{value}", text, count=1, flags=re.MULTILINE
        )
        if count == 0:
            raise UnreadableInputError(f"{where} does not define {name}")
    return text


def _line(name: str, value: Value) -> str:
    if value == 0 and not name.startswith(_ZERO_IS_WRITTEN):
        return f"/* #undef {name} */"
    return f"#define {name} {value}"


def _key(node: ast.expr | None, where: str) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise UnreadableInputError(f"{where}: a variable's name is no text")


def _value(node: ast.expr, names: Mapping[str, str], where: str) -> Value:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _value(node.operand, names, where)
        if isinstance(inner, int):
            return -inner
    if isinstance(node, ast.Constant) and isinstance(node.value, int | str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(_value(part, names, where)) for part in node.values)
    if isinstance(node, ast.FormattedValue) and isinstance(node.value, ast.Name) and node.value.id in names:
        return names[node.value.id]
    raise UnreadableInputError(f"{where}: line {node.lineno} has a value that is neither number nor text")
