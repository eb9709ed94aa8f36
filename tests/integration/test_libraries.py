"""Libraries of the shipped recipes: made from real sources, linked into a module, called in real runtimes.

What is called, and what it answers, is in ``library_uses.toml``. The small ones are in the default run; the
others take minutes each and are marked ``long``.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from real_host import pyodide_abi

from pyodide_abi.libraries import Catalogue
from pyodide_abi.platforms import load_platform, load_platforms
from pyodide_abi.toml import read_toml
from pyodide_abi.values import value

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("libraries")]


@value
class Use:
    """A call of a library.

    Attributes:
        packages: what pkg-config is asked for.
        headers: what is included.
        body: of a C function that gives what Python's ``Py_BuildValue`` made of the answer.
        answer: as Python prints it.
        compiler: The variable that names it.
    """

    packages: str
    headers: tuple[str, ...]
    body: str
    answer: str
    compiler: str = "CC"


USES = {
    name: Use(**{**table, "headers": tuple(table["headers"])})
    for name, table in read_toml(Path(__file__).with_name("library_uses.toml")).items()
}
#: Made in a minute or less on a machine with two idle cores.
SMALL = ("libffi", "libyaml")
SOURCE = """\
#include <Python.h>
{headers}
static int add(int a, int b) {{ return a + b; }}
static PyObject *answer(PyObject *self, PyObject *none) {{
(void)add;
{body}
}}
static PyMethodDef methods[] = {{{{"answer", answer, METH_NOARGS, NULL}}, {{NULL, NULL, 0, NULL}}}};
static struct PyModuleDef module = {{PyModuleDef_HEAD_INIT, "used", NULL, -1, methods}};
PyMODINIT_FUNC PyInit_used(void) {{ return PyModule_Create(&module); }}
"""


def test_every_recipe_is_used() -> None:
    assert set(USES) == set(Catalogue.read().recipes)


def used(library: str, platform: str, folder: Path, *, link: str = "") -> None:
    """Make a library, link it into a module, and call it in a platform's oldest and newest release.

    Args:
        library: The name of the recipe.
        platform: The name of the platform.
        folder: for the module.
        link: The linker's words; empty for those that pkg-config tells.
    """
    use = USES[library]
    headers = "\n".join(f"#include <{name}>" for name in use.headers)
    source = {"CC": "used.c", "CXX": "used.cpp"}[use.compiler]
    (folder / source).write_text(SOURCE.format(headers=headers, body=use.body), "utf-8")
    flags = f"$(pkg-config --cflags python3 {use.packages}) "
    flags += f"$LDFLAGS {link}" if link else f"$(pkg-config --libs python3 {use.packages})"
    compiled = pyodide_abi(
        "exec", "--library", library, "--platform", platform, "--toolchain-mismatch", "allow", "-j", "2",
        "--", "sh", "-ec", f"${use.compiler} $CPPFLAGS -O1 -shared {source} {flags} -o used.so",
        cwd=folder,
    )  # fmt: skip
    assert compiled.returncode == 0, compiled.stderr.decode()
    releases = load_platform(platform).releases
    for release in (releases[0], releases[-1]):
        done = pyodide_abi(
            "run", "-q", "--runtime", release.version, "-c", "import used; print(used.answer())", cwd=folder
        )
        assert done.returncode == 0, done.stderr.decode()
        assert done.stdout.decode().strip() == use.answer, release.version


@pytest.mark.parametrize("library", SMALL)
def test_small_libraries(library: str, tmp_path: Path) -> None:
    used(library, "314_0", tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(
    ("library", "link"),
    [
        ("libtiff", "-ltiff"),
        ("libwebp", "-lwebp"),
        ("libxslt", "-lexslt"),
        ("freetype", "-lfreetype"),
        ("re2", "-lre2"),
        ("geos", "-lgeos_c"),
    ],
)
def test_what_a_library_needs_is_linked_with_it(library: str, link: str, tmp_path: Path) -> None:
    used(library, "314_0", tmp_path, link=link)


@pytest.mark.long
@pytest.mark.parametrize("platform", [platform.name for platform in load_platforms()])
@pytest.mark.parametrize("library", sorted(USES))
def test_libraries_of_every_platform(library: str, platform: str, tmp_path: Path) -> None:
    used(library, platform, tmp_path)
