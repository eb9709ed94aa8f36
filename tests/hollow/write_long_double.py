"""Write ``long_double.c``: every function of long doubles, with results to 40 digits. It needs mpmath::

uv run --with mpmath==1.3.0 python tests/hollow/write_long_double.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mpmath as mp  # type: ignore[import-not-found]

DIGITS = 45
#: Function to what computes it; the values are no round numbers, so that 53 bits cannot be right by chance.
REAL = {
    "acosl": mp.acos, "asinl": mp.asin, "atanl": mp.atan, "asinhl": mp.asinh, "atanhl": mp.atanh,
    "cosl": mp.cos, "sinl": mp.sin, "tanl": mp.tan, "coshl": mp.cosh, "sinhl": mp.sinh, "tanhl": mp.tanh,
    "cbrtl": mp.cbrt, "sqrtl": mp.sqrt, "expl": mp.exp, "exp2l": lambda x: mp.mpf(2) ** x,
    "exp10l": lambda x: mp.mpf(10) ** x, "pow10l": lambda x: mp.mpf(10) ** x, "expm1l": mp.expm1,
    "logl": mp.log, "log10l": mp.log10, "log2l": lambda x: mp.log(x, 2), "log1pl": mp.log1p,
    "erfl": mp.erf, "erfcl": mp.erfc, "tgammal": mp.gamma, "lgammal": mp.loggamma,
    "fabsl": lambda x: abs(-x), "significandl": None,
}  # fmt: skip
ABOVE_ONE = {"acoshl": mp.acosh}
TWO = {
    "atan2l": mp.atan2, "powl": mp.power, "hypotl": mp.hypot, "fmodl": mp.fmod,
    "remainderl": lambda x, y: x - y * mp.nint(x / y),
}  # fmt: skip
COMPLEX = {
    "cacosl": mp.acos, "cacoshl": mp.acosh, "casinl": mp.asin, "casinhl": mp.asinh, "catanl": mp.atan,
    "catanhl": mp.atanh, "ccosl": mp.cos, "ccoshl": mp.cosh, "csinl": mp.sin, "csinhl": mp.sinh,
    "ctanl": mp.tan, "ctanhl": mp.tanh, "cexpl": mp.exp, "clogl": mp.log, "csqrtl": mp.sqrt,
}  # fmt: skip
COMPLEX_TO_REAL = {"cabsl": abs, "cargl": mp.arg}
VALUES = ("0.3", "0.71", "0.9")
HEAD = """/* Functions of long doubles against results to 40 digits. Made by write_long_double.py. */
#define _GNU_SOURCE
#include "probe.h"

#include <complex.h>
#include <math.h>

#ifndef __EMSCRIPTEN__
#define pow10l exp10l
#endif

/* No error above 2**-60 of the result: 53 bits miss that, the 64 of x86-64 do not. */
static int near(long double got, long double right) {
    return fabsl(got - right) <= fabsl(right) * 0x1p-60L;
}

static int result(int good, int all) {
    VERDICT(good == all, "%d of %d results have more than 53 bits", good, all);
}
"""


def literal(number: Any) -> str:
    """A number as C writes it."""
    return str(mp.nstr(mp.mpf(number), 40, min_fixed=0, max_fixed=0)) + "L"


def complex_literal(number: Any) -> str:
    """A complex number as C writes it."""
    return f"{literal(number.real)} + {literal(number.imag)} * I"


def arguments(words: tuple[str, ...]) -> list[Any]:
    """Values that every long double of this project's machines holds exactly: they have 50 bits."""
    return [mp.mpf(int(mp.mpf(word) * 2**50)) / 2**50 for word in words]


def probe(name: str, checks: list[str]) -> str:
    """One probe."""
    lines = "".join(f"\n    good += {check};" for check in checks)
    return f"\nPROBE({name}) {{\n    int good = 0;{lines}\n    return result(good, {len(checks)});\n}}\n"


def checks_of() -> dict[str, list[str]]:
    """Every probe's comparisons."""
    found: dict[str, list[str]] = {}
    for name, compute in {**REAL, **ABOVE_ONE}.items():
        if compute is None:
            continue
        values = arguments(("1.3", "2.71", "7.9") if name in ABOVE_ONE else VALUES)
        found[name] = [f"near({name}({literal(x)}), {literal(compute(x))})" for x in values]
    for name, compute in TWO.items():
        pairs = [(x, y) for x in arguments(("5.3", "2.71")) for y in arguments(("0.7", "1.9"))]
        found[name] = [
            f"near({name}({literal(x)}, {literal(y)}), {literal(compute(x, y))})" for x, y in pairs
        ]
    for name, compute in COMPLEX.items():
        points = [mp.mpc(x, y) for x in arguments(("0.3", "1.7")) for y in arguments(("0.6",))]
        found[name] = []
        for point in points:
            right = compute(point)
            call = f"{name}({literal(point.real)} + {literal(point.imag)} * I)"
            found[name].append(
                f"near(creall({call}), {literal(right.real)}) && near(cimagl({call}), {literal(right.imag)})"
            )
    for name, compute in COMPLEX_TO_REAL.items():
        points = [mp.mpc(x, y) for x in arguments(("0.3", "1.7")) for y in arguments(("0.6",))]
        found[name] = [
            f"near({name}({literal(z.real)} + {literal(z.imag)} * I), {literal(compute(z))})" for z in points
        ]
    found["cpowl"] = []
    base, power = mp.mpc(*arguments(("1.3", "0.6"))), mp.mpc(*arguments(("0.7", "0.4")))
    right = base**power
    call = f"cpowl({complex_literal(base)}, {complex_literal(power)})"
    found["cpowl"].append(
        f"near(creall({call}), {literal(right.real)}) && near(cimagl({call}), {literal(right.imag)})"
    )
    return found


def by_hand() -> dict[str, list[str]]:
    """Functions whose results follow from exact arithmetic."""
    tiny = "(1 + 0x1p-62L)"
    return {
        "ceill": [f"ceill({tiny}) == 2"],
        "floorl": ["floorl(2 - 0x1p-62L) == 1"],
        "truncl": ["truncl(2 - 0x1p-62L) == 1"],
        "roundl": ["roundl(0.5L - 0x1p-62L) == 0"],
        "rintl": ["rintl(0.5L + 0x1p-62L) == 1"],
        "nearbyintl": ["nearbyintl(0.5L + 0x1p-62L) == 1"],
        "lrintl": ["lrintl(0.5L + 0x1p-62L) == 1"],
        "llrintl": ["llrintl(0.5L + 0x1p-62L) == 1"],
        "lroundl": ["lroundl(0.5L - 0x1p-62L) == 0"],
        "llroundl": ["llroundl(0.5L - 0x1p-62L) == 0"],
        "fmal": ["fmal(1 + 0x1p-60L, 1 + 0x1p-60L, -1 - 0x1p-59L) == 0x1p-120L"],
        "fdiml": [f"fdiml({tiny}, 1) == 0x1p-62L"],
        "fmaxl": [f"fmaxl({tiny}, 1) == {tiny}"],
        "fminl": ["fminl(1 - 0x1p-62L, 1) == 1 - 0x1p-62L"],
        "copysignl": [f"copysignl({tiny}, -1) == -{tiny}"],
        "nextafterl": ["nextafterl(1, 2) < 1 + 0x1p-60L", "nextafterl(1, 2) > 1"],
        "nexttowardl": ["nexttowardl(1, 2) < 1 + 0x1p-60L", "nexttowardl(1, 2) > 1"],
        "modfl": [f"modfl({tiny}, (long double[1]){{0}}) == 0x1p-62L"],
        "frexpl": [f"frexpl({tiny}, (int[1]){{0}}) == {tiny} / 2"],
        "ldexpl": [f"ldexpl({tiny}, 3) == 8 * {tiny}"],
        "scalbnl": [f"scalbnl({tiny}, 3) == 8 * {tiny}"],
        "scalblnl": [f"scalblnl({tiny}, 3) == 8 * {tiny}"],
        "logbl": ["logbl(2 - 0x1p-62L) == 0"],
        "ilogbl": ["ilogbl(2 - 0x1p-62L) == 0"],
        "remquol": [f"remquol({tiny}, 1, (int[1]){{0}}) == 0x1p-62L"],
    }


def main() -> None:
    """Write the file."""
    mp.mp.dps = DIGITS
    checks = {**checks_of(), **by_hand()}
    # sincosl has two results, lgammal_r a sign.
    x = arguments(("0.3",))[0]
    sine, cosine, gamma = literal(mp.sin(x)), literal(mp.cos(x)), literal(mp.loggamma(x))
    extra = f"""
PROBE(sincosl) {{
    long double s, c;
    sincosl({literal(x)}, &s, &c);
    return result(near(s, {sine}) + near(c, {cosine}), 2);
}}

PROBE(lgammal_r) {{
    int sign;
    return result(near(lgammal_r({literal(x)}, &sign), {gamma}), 1);
}}
"""
    entries = ",\n    ".join(f"ENTRY({name})" for name in [*checks, "sincosl", "lgammal_r"])
    text = HEAD + "".join(probe(name, each) for name, each in checks.items()) + extra
    text += f"\nconst Probe long_double_probes[] = {{\n    {entries},\n    END}};\n"
    Path(__file__).with_name("long_double.c").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
