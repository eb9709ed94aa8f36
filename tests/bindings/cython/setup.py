from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

#: Each optimisation level is a module of its own; one keeps the names of its functions.
LEVELS = {"o0": ["-O0"], "o1": ["-O1", "--profiling-funcs"], "o2": ["-O2"], "oz": ["-Oz", "-flto"]}

for level in LEVELS:
    text = Path("bound.pyx.in").read_text("utf-8")
    Path(f"bound_{level}.pyx").write_text(text.replace("NAME.", f"bound_{level}."), "utf-8")
setup(
    name="bound",
    version="1",
    py_modules=[],
    ext_modules=cythonize(
        [
            Extension(
                f"bound_{level}",
                [f"bound_{level}.pyx"],
                extra_compile_args=words[:1],
                extra_link_args=words,
            )
            for level, words in LEVELS.items()
        ],
        compiler_directives={"language_level": 3},
    ),
)
