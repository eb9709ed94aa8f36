"""What the files of a link are, what the linker says of them, and what follows from both."""

from __future__ import annotations

import pytest

from pyodide_abi.build.driver.objects.exports import linked_files
from pyodide_abi.build.driver.objects.heard import Hearing
from pyodide_abi.build.driver.objects.inputs import (
    Foreign,
    Threaded,
    foreign_objects,
    threaded_objects,
    wanted_of,
)
from pyodide_abi.build.driver.objects.judging import explained, judge
from pyodide_abi.errors import BuildFailedError, WasmError
from pyodide_abi.wasm import Kind
from pyodide_abi.wasm import encode as enc
from pyodide_abi.wasm.identify import FileKind, Identity
from pyodide_abi.wasm.sections import target_features
from pyodide_abi.wasm.sections.dylink0 import SymbolFlag
from pyodide_abi.wasm.sections.linking import Linking, ObjectSymbol, ObjectSymbolKind, encode
from pyodide_abi.wasm.sections.target_features import Prefix, TargetFeature

ELF = b"\x7fELF\x02\x01" + bytes(10) + b"\x01\x00\x3e\x00"
MACH_O = b"\xcf\xfa\xed\xfe\x0c\x00\x00\x01"
X86_64 = Identity(kind=FileKind.ELF, machine="x86-64")


def custom(name: str, contents: bytes) -> bytes:
    return bytes([0]) + enc.sized(enc.name(name) + contents)


def made_object(*, prefix: Prefix | None = None, local: str = "") -> bytes:
    flags = SymbolFlag.TLS | SymbolFlag.LOCAL
    symbols = (
        [ObjectSymbol(name=local, kind=ObjectSymbolKind.DATA, flags=flags, index=0, size=4)] if local else []
    )
    made = b"\0asm\1\0\0\0" + custom("linking", encode(Linking(symbols=tuple(symbols), symbols_at=0)))
    if prefix:
        features = [TargetFeature(prefix=prefix, name="atomics")]
        made += custom("target_features", target_features.encode(features))
    return made


def made_archive(members: dict[str, bytes], index: dict[str, str]) -> bytes:
    """An archive with an index of symbols, each defined by a member."""

    def entry(name: str, data: bytes) -> bytes:
        header = f"{name + '/' if name != '/' else name:<16}{0:<12}{0:<6}{0:<6}{0o644:<8o}{len(data):<10}`\n"
        return header.encode() + data + b"\n" * (len(data) % 2)

    names = b"".join(symbol.encode() + b"\0" for symbol in index)
    size = 4 * (len(index) + 1) + len(names)
    at, places, parts = 8 + 60 + size + size % 2, {}, []
    for name, data in members.items():
        places[name] = at
        parts.append(entry(name, data))
        at += len(parts[-1])
    body = b"".join(
        number.to_bytes(4, "big") for number in (len(index), *map(places.__getitem__, index.values()))
    )
    return b"!<arch>\n" + entry("/", body + names) + b"".join(parts)


def test_members_of_other_machines_and_what_they_define() -> None:
    data = made_archive({"a.o": ELF, "b.o": made_object(), "c.o": MACH_O}, {"one": "a.o", "_two": "c.o"})
    assert list(foreign_objects("v/lib.a", data)) == [
        Foreign(label="v/lib.a(a.o)", identity=X86_64, archived=True, symbols=frozenset({"one"})),
        Foreign(
            label="v/lib.a(c.o)",
            identity=Identity(kind=FileKind.MACH_O, machine="arm64"),
            archived=True,
            symbols=frozenset({"two"}),
        ),
    ]
    assert list(foreign_objects("a.o", ELF)) == [Foreign(label="a.o", identity=X86_64)]
    assert list(foreign_objects("b.o", made_object())) == []
    assert list(foreign_objects("linker.script", b"INPUT(-lc)")) == []


@pytest.mark.parametrize(
    ("made", "variables"),
    [
        (made_object(prefix=Prefix.USED, local="counted"), [("counted",)]),
        (made_object(prefix=Prefix.USED), [()]),
        (made_object(prefix=Prefix.DISALLOWED, local="counted"), []),
        (made_object(), []),
        (b"not an object, but it says \x07atomics", []),
    ],
)
def test_objects_that_were_compiled_for_threads(made: bytes, variables: list[tuple[str, ...]]) -> None:
    alone = [Threaded(label="a.o", variables=each) for each in variables]
    assert list(threaded_objects("a.o", made)) == alone
    archived = [Threaded(label="lib.a(a.o)", variables=each) for each in variables]
    archive = made_archive({"a.o": made, "b.o": ELF}, {})
    assert list(threaded_objects("lib.a", archive)) == archived


def test_a_damaged_member_is_named() -> None:
    damaged = made_object(prefix=Prefix.USED).replace(b"linking\x02", b"linking\x03")
    with pytest.raises(WasmError, match=r"^lib\.a\(a\.o\): "):
        list(threaded_objects("lib.a", made_archive({"a.o": damaged}, {})))


def test_the_first_that_defines_a_name_is_named() -> None:
    one = Foreign(label="one", identity=X86_64, archived=True, symbols=frozenset({"a", "b"}))
    two = Foreign(label="two", identity=X86_64, archived=True, symbols=frozenset({"b", "c"}))
    assert wanted_of([one, two], {"b", "c", "d"}) == {"b": one, "c": two}


def test_files_are_found_however_they_are_named() -> None:
    groups = [
        ("-L", "d"),
        ("-Wl,-Le",),
        ("a.a",),
        ("-lx",),
        ("-l:liby.a",),
        ("-Wl,b.a",),
        ("-Wl,-lz",),
        ("-O2",),
    ]
    assert linked_files(groups) == [
        *((), (), ("a.a",)),
        ("d/libx.so", "d/libx.a", "e/libx.so", "e/libx.a"),
        ("d/liby.a", "e/liby.a"),
        ("b.a",),
        ("d/libz.so", "d/libz.a", "e/libz.so", "e/libz.a"),
        (),
    ]


PIC = "relocation R_WASM_MEMORY_ADDR_SLEB cannot be used against symbol `n`; recompile with -fPIC"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            [f"v/libz.a(z.o): {PIC}"] * 2,
            "not position-independent, which no side module can take: v/libz.a(z.o)",
        ),
        ([f"a b/z.o: {PIC}", f".//y.o: {PIC}"], ": a b/z.o, y.o"),
        ([f"{name}.o: {PIC}" for name in "abcdefg"], ": a.o, b.o, c.o, d.o, e.o and 2 more"),
        (["l.a(m.o): must specify -mwasm64 to process wasm64 object files"], "addresses of 64 bits"),
        (["l.a(m.o): machine type must be wasm32 or wasm64"], "bitcode for another machine: l.a(m.o)"),
        (["m.o: Unknown attribute kind (102) (Producer: 'LLVM22' Reader: 'LLVM 21')"], "another compiler"),
        (["unknown file type: m.o"], "no object file of the target: m.o"),
    ],
)
def test_a_failure_s_cause(lines: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    heard = Hearing({})
    for line in lines:
        heard.line(f"/opt/bin/wasm-ld: error: {line}")
    assert said in str(explained("spam.so", heard))
    assert explained("spam.so", heard).hint
    assert capsys.readouterr().err.count("\n") == len(lines)


def test_what_has_no_known_cause_is_passed_on(capsys: pytest.CaptureFixture[str]) -> None:
    heard = Hearing({"/scratch/0/m.o": "m.c"})
    heard.line("wasm-ld: error: duplicate symbol: m")
    heard.line(">>> defined in /scratch/0/m.o")
    assert not heard.causes
    assert capsys.readouterr().err == "wasm-ld: error: duplicate symbol: m\n>>> defined in m.c\n"


def test_the_linker_s_trace_is_heard_and_not_passed_on(capsys: pytest.CaptureFixture[str]) -> None:
    heard = Hearing({"/scratch/0/l.a": "./v/l.a"}, traced={"v/l.a(m.o)", "v/l.a(n.o)"})
    for line in (
        "spam.o",
        "/scratch/0/l.a(m.o)",
        "/em/libc.a(x.o)",
        "wasm-ld: warning: that",
        ">>> defined in x",
    ):
        heard.line(line)
    assert heard.taken == {"v/l.a(m.o)"}
    assert capsys.readouterr().err == "wasm-ld: warning: that\n>>> defined in x\n"


def judged(
    *,
    imports: frozenset[str] = frozenset(),
    threads: tuple[Threaded, ...] = (),
    knows_threads: bool = False,
    foreign: tuple[Foreign, ...] = (),
) -> list[str]:
    functions = {Kind.FUNCTION: imports}
    facts = {"threads": threads, "knows_threads": knows_threads, "foreign": foreign}
    return judge("spam.so", functions, Hearing({}), platform="314_0", **facts)  # type: ignore[arg-type]  # by name


LOCALS = Threaded(label="l.a(m.o)", variables=("counted",))
ATOMICS = Threaded(label="l.a(n.o)", variables=())
STARTS = frozenset({"pthread_create"})


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (
            {"threads": (ATOMICS, LOCALS)},
            "l.a(m.o) was compiled for threads (-pthread), and its thread-local",
        ),
        ({"threads": (ATOMICS,), "imports": STARTS}, "spam.so starts threads (pthread_create)"),
        ({"knows_threads": True, "imports": STARTS}, "spam.so starts threads (pthread_create)"),
        (
            {
                "imports": frozenset({"zmsg"}),
                "foreign": (Foreign(label="l.a(z.o)", identity=X86_64, symbols=frozenset({"zmsg"})),),
            },
            "spam.so needs zmsg, and l.a(z.o), which has it, is ELF for x86-64",
        ),
    ],
)
def test_what_cannot_work_is_refused(facts: dict[str, object], said: str) -> None:
    with pytest.raises(BuildFailedError) as caught:
        judged(**facts)  # type: ignore[arg-type]  # by name
    assert str(caught.value).startswith(said)
    assert caught.value.hint


def test_what_can_work_is_told() -> None:
    foreign = Foreign(label="l.a(z.o)", identity=X86_64, symbols=frozenset({"zmsg", "malloc"}))
    assert judged() == []
    assert judged(imports=STARTS) == []
    assert judged(threads=(ATOMICS,)) == [
        "spam.so: compiled for threads (-pthread), of which the runtime has one: l.a(n.o)"
    ]
    # The runtime offers malloc.
    assert judged(imports=frozenset({"malloc"}), foreign=(foreign,)) == [
        "spam.so: passed over what is for another machine: l.a(z.o) (ELF for x86-64)"
    ]
