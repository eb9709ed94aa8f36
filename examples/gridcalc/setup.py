"""A static library in C, and two extension modules that use it."""

from setuptools import Extension, setup

setup(
    libraries=[
        (
            "formula",
            {
                "sources": ["vendor/formula/formula.c"],
                "include_dirs": ["vendor/formula"],
                "obj_deps": {"": ["vendor/formula/formula.h"]},
                "cflags": ["-std=c11"],
            },
        )
    ],
    ext_modules=[
        Extension(
            "gridcalc._formula",
            sources=["src/gridcalc/_formula.c"],
            include_dirs=["vendor/formula"],
            depends=["vendor/formula/formula.h"],
            extra_compile_args=["-std=c11"],
        ),
        Extension(
            "gridcalc._sheet",
            sources=["src/gridcalc/_sheet.cpp", "src/gridcalc/grid.cpp"],
            include_dirs=["vendor/formula"],
            depends=["vendor/formula/formula.h", "src/gridcalc/grid.hpp"],
            language="c++",
            extra_compile_args=["-std=c++17"],
        ),
    ],
)
