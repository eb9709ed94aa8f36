import pybind11
from setuptools import Extension, setup

#: Each optimisation level is a module of its own; one keeps the names of its functions.
LEVELS = {"o0": ["-O0"], "o1": ["-O1", "--profiling-funcs"], "o2": ["-O2"], "oz": ["-Oz", "-flto"]}

setup(
    name="bound",
    version="1",
    py_modules=[],
    ext_modules=[
        Extension(
            f"bound_{level}",
            ["bound.cpp"],
            language="c++",
            include_dirs=[pybind11.get_include()],
            extra_compile_args=[*words[:1], "-std=c++17", "-fvisibility=hidden", f"-DNAME=bound_{level}"],
            extra_link_args=words,
        )
        for level, words in LEVELS.items()
    ],
)
