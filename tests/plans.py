"""Plans of made wheels, and the edits in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from wheels_to_repair import wheel_of

from pyodide_abi.repair.edits import (
    Edit,
)
from pyodide_abi.repair.plan import Wishes
from pyodide_abi.repair.repair_wheel import plan_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from pyodide_abi.repair.edits import Plan


Some = TypeVar("Some", bound=Edit)


USES = '(import "env" "answer" (func (result i32)))'


def plan(folder: Path, files: dict[str, str | bytes], platform: str = "314_0", **wishes: object) -> Plan:
    folder.mkdir(exist_ok=True)
    return plan_wheel(wheel_of(folder, files, platform), Wishes(**{"keep_names": True, **wishes}))  # type: ignore[arg-type]


def only(plan: Plan, kind: type[Some]) -> Some:
    (found,) = (edit for edit in plan.edits if isinstance(edit, kind))
    return found


def some(plan: Plan, kind: type[Some]) -> list[Some]:
    return [edit for edit in plan.edits if isinstance(edit, kind)]


def shelf(folder: Path, **files: bytes) -> tuple[Path, ...]:
    folder.mkdir()
    for name, content in files.items():
        (folder / f"{name}.so").write_bytes(content)
    return (folder,)
