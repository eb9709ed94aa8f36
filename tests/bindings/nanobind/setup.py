from pathlib import Path

import nanobind
from setuptools import Extension, setup

HERE = Path(nanobind.__file__).parent
#: Each optimisation level is a module of its own; one keeps the names of its functions.
LEVELS = {"o0": ["-O0"], "o1": ["-O1", "--profiling-funcs"], "o2": ["-O2"], "oz": ["-Oz", "-flto"]}

setup(
    name="bound",
    version="1",
    py_modules=[],
    ext_modules=[
        Extension(
            f"bound_{level}",
            ["bound.cpp", str(HERE / "src/nb_combined.cpp")],
            language="c++",
            include_dirs=[nanobind.include_dir(), str(HERE / "ext/robin_map/include")],
            extra_compile_args=[
                *words[:1], "-std=c++17", "-fvisibility=hidden", f"-DNAME=bound_{level}", "-DNDEBUG",
                "-DNB_COMPACT_ASSERTIONS",
            ],
            extra_link_args=words,
        )
        for level, words in LEVELS.items()
    ],
)  # fmt: skip
