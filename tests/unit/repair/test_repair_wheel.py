"""Repairs from end to end: what the new wheel is, what is refused, and that nothing is half done."""

from __future__ import annotations

import os
import stat
import zipfile
from typing import TYPE_CHECKING

import pytest
from wheels_to_repair import extension, library, wheel_of

from pyodide_abi.audit import audit, audit_file, open_subject
from pyodide_abi.errors import FailedError, MissingError, UsageError, WheelError
from pyodide_abi.repair import repair_wheel as mend
from pyodide_abi.repair.apply import apply_repair
from pyodide_abi.repair.edits import Safety
from pyodide_abi.repair.plan import Wishes, plan_repair
from pyodide_abi.repair.repair_wheel import repair_wheel
from pyodide_abi.values import replace
from pyodide_abi.wasm import read_module
from pyodide_abi.wasm.edit import ModuleEdit, edit_module
from pyodide_abi.wheel import open_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.audit import Report

USES = '(import "env" "answer" (func (result i32)))'
BROKEN = extension(text=USES, needed=("/home/ci/libdep.so.1",), run_paths=("/home/ci",))


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    folder = tmp_path / "lib"
    folder.mkdir()
    (folder / "libdep.so").write_bytes(library())
    return folder


def test_a_wheel_is_repaired_and_stays_as_it_is_where_it_was(tmp_path: Path, shelf: Path) -> None:
    wheel = wheel_of(tmp_path, {"pkg/__init__.py": "x = 1\n", "pkg/m.so": BROKEN})
    before = wheel.read_bytes()
    assert audit_file(wheel).failed
    repaired = repair_wheel(wheel, Wishes(folders=(shelf,)), tmp_path / "new" / "deep")
    assert wheel.read_bytes() == before
    assert repaired.path == tmp_path / "new" / "deep" / wheel.name
    assert not repaired.report.findings
    assert os.listdir(repaired.path.parent) == [wheel.name]  # noqa: PTH208 - hidden ones too
    with open_wheel(repaired.path) as new:
        assert not new.verify_record()
        (vendored,) = (member for member in new.members if member.name.startswith("spam.libs/"))
        dylink = read_module(new.read("pkg/m.so")).dylink
        assert dylink is not None
        assert dylink.needed == (vendored.name.rpartition("/")[2],)
        assert dylink.runtime_paths == ("$ORIGIN/../spam.libs",)


def test_a_library_has_to_be_the_one_that_was_planned_with(tmp_path: Path, shelf: Path) -> None:
    wheel = wheel_of(tmp_path, {"pkg/m.so": BROKEN})
    with open_subject(wheel) as subject:
        edits = plan_repair(subject, audit(subject).findings, Wishes(folders=(shelf,))).chosen(risky=False)
        for folder in ("same", "other"):
            (tmp_path / folder).mkdir()
        assert apply_repair(subject, edits, tmp_path / "same", timestamp=0).is_file()
        (shelf / "libdep.so").write_bytes(library('(func (export "answer") (result i32) i32.const 43)'))
        with pytest.raises(FailedError, match=r"libdep\.so has changed while the wheel was being repaired"):
            apply_repair(subject, edits, tmp_path / "other", timestamp=0)
    assert not list((tmp_path / "other").glob("*.whl"))


def test_sections_for_debuggers_are_gone(tmp_path: Path) -> None:
    module = extension() + b"\0\x0c\x0b.debug_info" + b"\0\x05\x04more"
    wheel = wheel_of(tmp_path, {"pkg/m.so": module})
    repaired = repair_wheel(wheel, Wishes(), tmp_path / "new")
    with open_wheel(repaired.path) as new:
        sections = [section.name for section in read_module(new.read("pkg/m.so")).sections if section.name]
    assert "more" in sections
    assert ".debug_info" not in sections


def test_repairing_twice_changes_nothing(tmp_path: Path, shelf: Path) -> None:
    wheel = wheel_of(tmp_path, {"pkg/m.so": BROKEN, "pkg/n.so": extension("n", '(func (export "idle"))')})
    wishes = Wishes(folders=(shelf,))
    once = repair_wheel(wheel, wishes, tmp_path / "once")
    twice = repair_wheel(once.path, wishes, tmp_path / "twice")
    assert not twice.made
    assert twice.path.read_bytes() == once.path.read_bytes()
    stamp = once.path.stat()
    repair_wheel(once.path, wishes, None)
    assert (once.path.stat().st_ino, once.path.stat().st_mtime_ns) == (stamp.st_ino, stamp.st_mtime_ns)


def test_what_is_not_edited_is_copied_as_it_is_packed(tmp_path: Path, shelf: Path) -> None:
    path = wheel_of(tmp_path, {"pkg/m.so": BROKEN, "pkg/data.bin": "b" * 100_000})
    stored = tmp_path / "stored" / path.name
    stored.parent.mkdir()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(stored, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))
    repaired = repair_wheel(stored, Wishes(folders=(shelf,)), tmp_path / "new")
    with zipfile.ZipFile(repaired.path) as archive:
        assert archive.testzip() is None
        assert archive.getinfo("pkg/data.bin").compress_size == 100_000
        assert archive.getinfo("pkg/m.so").compress_type == zipfile.ZIP_DEFLATED
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_in_place(tmp_path: Path, shelf: Path) -> None:
    wheel = wheel_of(tmp_path / "w", {"pkg/m.so": BROKEN})
    wheel.chmod(0o640)
    link = tmp_path / wheel.name
    link.symlink_to(wheel)
    repaired = repair_wheel(link, Wishes(folders=(shelf,)), None)
    assert link.is_symlink()
    assert repaired.path == wheel
    assert stat.S_IMODE(wheel.stat().st_mode) == 0o640
    assert not audit_file(wheel).failed
    assert os.listdir(wheel.parent) == [wheel.name]  # noqa: PTH208 - hidden ones too


def test_another_spelling_of_the_tag(tmp_path: Path) -> None:
    wheel = wheel_of(tmp_path, {"pkg/m.so": extension()}, "2025_0")
    wishes = Wishes(tags=("pyemscripten_2025_0_wasm32",), keep_names=True)
    repaired = repair_wheel(wheel, wishes, None)
    assert not wheel.exists()
    with open_wheel(repaired.path) as new:
        assert new.metadata.tags == ("cp313-cp313-pyemscripten_2025_0_wasm32",)
        assert not new.verify_record()


def test_the_wheel_itself_is_not_replaced_by_the_way(tmp_path: Path, shelf: Path) -> None:
    wheel = wheel_of(tmp_path, {"pkg/m.so": BROKEN})
    before = wheel.read_bytes()
    with pytest.raises(UsageError, match="would take the place of"):
        repair_wheel(wheel, Wishes(folders=(shelf,)), tmp_path)
    assert wheel.read_bytes() == before


def test_a_library_that_is_nowhere(tmp_path: Path) -> None:
    wheel = wheel_of(tmp_path, {"pkg/m.so": BROKEN})
    with pytest.raises(MissingError, match=r"pkg/m\.so needs /home/ci/libdep\.so\.1: not found") as caught:
        repair_wheel(wheel, Wishes(), tmp_path / "new")
    assert "--lib-dir" in caught.value.hint
    assert not (tmp_path / "new").exists()


def test_hostile_names_lead_nowhere(tmp_path: Path, shelf: Path) -> None:
    names = ("../../../etc/passwd", "/etc/passwd", "a\\b", "x\n.so", "n" * 300, "..", "")
    for name in names:
        wheel = wheel_of(tmp_path, {"pkg/m.so": extension(needed=(name,))})
        with pytest.raises(MissingError):
            repair_wheel(wheel, Wishes(folders=(shelf,)), tmp_path / "new")
    odd = shelf / "lib dep;$(x).so"
    odd.write_bytes(library())
    wheel = wheel_of(tmp_path, {"pkg/m.so": extension(needed=(odd.name,))})
    repaired = repair_wheel(wheel, Wishes(folders=(shelf,)), tmp_path / "new")
    with open_wheel(repaired.path) as new:
        (vendored,) = (member.name for member in new.members if ".libs/" in member.name)
        assert vendored.startswith("spam.libs/lib_dep___x_-")


def test_a_signed_wheel(tmp_path: Path, shelf: Path) -> None:
    wheel = wheel_of(tmp_path, {"pkg/m.so": BROKEN})
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("spam-1.0.dist-info/RECORD.jws", "{}")
    wishes = Wishes(folders=(shelf,))
    with pytest.raises(UsageError, match=r"is signed \(spam-1\.0\.dist-info/RECORD\.jws\)"):
        repair_wheel(wheel, wishes, tmp_path / "new")
    repaired = repair_wheel(wheel, replace(wishes, drop_signature=True), tmp_path / "new")
    with open_wheel(repaired.path) as new:
        assert not any(member.name.endswith(".jws") for member in new.members)
    assert repair_wheel(repaired.path, wishes, tmp_path / "again").made == ()


def test_a_wheel_that_was_changed_since_it_was_built(tmp_path: Path) -> None:
    texts: dict[str, str | bytes] = {f"pkg/{name}.py": "a" for name in "tuvx"}
    wheel = wheel_of(tmp_path, {"pkg/m.so": extension(), **texts})
    other = tmp_path / "other" / wheel.name
    other.parent.mkdir()
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(other, "w") as new:
        for info in old.infolist():
            new.writestr(info, b"b" if info.filename in texts else old.read(info))
    said = r"not those that RECORD lists: pkg/t\.py, pkg/u\.py, pkg/v\.py$"
    with pytest.raises(WheelError, match=said) as caught:
        repair_wheel(other, Wishes(), tmp_path / "new")
    assert "'--apply all' writes RECORD anew" in caught.value.hint
    repaired = repair_wheel(other, Wishes(), tmp_path / "new", risky=True)
    assert not audit_file(repaired.path).failed


def test_risky_edits_are_made_when_asked_for(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "pkg/m.so": extension(text='(func (export "idle"))'),
        "pkg/x.py": "import ctypes",
    }
    wheel = wheel_of(tmp_path, files)
    for risky, left in ((False, ["idle", "PyInit_m"]), (True, ["PyInit_m"])):
        repaired = repair_wheel(wheel, Wishes(), tmp_path / str(risky), risky=risky)
        with open_wheel(repaired.path) as new:
            assert [entry.name for entry in read_module(new.read("pkg/m.so")).exports] == left
        assert any(edit.safety is Safety.RISKY for edit in repaired.plan.edits)


def test_unreachable_code_goes_until_nothing_more_goes(tmp_path: Path) -> None:
    wheel = wheel_of(tmp_path, {"pkg/m.so": extension(text='(func (export "idle"))')})
    seen = []

    def shrink(data: bytes) -> bytes:
        seen.append([entry.name for entry in read_module(data).exports])
        return edit_module(read_module(data), ModuleEdit(drop_exports=frozenset({"PyInit_m"})))

    with pytest.raises(FailedError, match="did not do what it promised"):
        repair_wheel(wheel, Wishes(remove_unreachable=True), tmp_path / "new", shrink=shrink)
    assert seen == [["PyInit_m"]]
    assert not (tmp_path / "new").exists()
    wishes = Wishes(remove_unreachable=True)
    repaired = repair_wheel(wheel, wishes, tmp_path / "new", shrink=lambda data: data)
    assert not repair_wheel(repaired.path, wishes, tmp_path / "again", shrink=lambda data: data).made


def test_a_promise_that_is_not_kept_leaves_nothing(
    tmp_path: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = wheel_of(tmp_path, {"pkg/m.so": BROKEN})
    first: list[Report] = []
    monkeypatch.setattr(mend, "audit_file", lambda _: first[0])
    first.append(audit_file(wheel))
    with pytest.raises(FailedError, match="did not do what it promised"):
        repair_wheel(wheel, Wishes(folders=(shelf,)), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_pure_wheel_has_nothing_to_repair(tmp_path: Path) -> None:
    wheel = wheel_of(tmp_path, {"pkg/x.py": ""})
    pure = wheel.rename(tmp_path / "spam-1.0-py3-none-any.whl")
    repaired = repair_wheel(pure, Wishes(), tmp_path / "new")
    with open_wheel(repaired.path) as new:
        assert new.metadata.tags == ("py3-none-any",)


def test_a_section_that_stands_elsewhere_is_found_first(tmp_path: Path, shelf: Path) -> None:
    head, rest = BROKEN[:8], BROKEN[8:]
    wheel = wheel_of(tmp_path, {"pkg/m.so": head + b"\0\x05\x04more" + rest})
    assert [finding.code for finding in audit_file(wheel).findings] == ["ABI104"]
    repaired = repair_wheel(wheel, Wishes(folders=(shelf,)), tmp_path / "new")
    assert not repaired.report.findings
    assert repair_wheel(repaired.path, Wishes(folders=(shelf,)), tmp_path / "again").made == ()
