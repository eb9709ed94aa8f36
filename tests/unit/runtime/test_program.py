from __future__ import annotations

from pathlib import Path

import pytest

from pyodide_abi.errors import UsageError
from pyodide_abi.runtime.program import FORWARDED, forwarded, mounts


def test_folders_are_mounted_at_their_own_paths_once(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (mount,) = mounts((inner, tmp_path, tmp_path))
    assert (mount.host, mount.guest) == (tmp_path.resolve(), str(tmp_path.resolve()))


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (mount,) = mounts((tmp_path / "link",))
    assert mount.host == (tmp_path / "real").resolve()


@pytest.mark.parametrize("folder", ["/", "/dev", "/proc"])
def test_the_runtime_s_own_places_are_refused(folder: str) -> None:
    with pytest.raises(UsageError, match="cannot be mounted: the runtime keeps its own files there"):
        mounts((Path(folder),))


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no folder"):
        mounts((tmp_path / "absent",))


def test_variables_that_name_places_stay_behind() -> None:
    given = dict.fromkeys([*FORWARDED, "PATH", "HOME", "PYTHONPATH", "PYTHONHOME", "TMPDIR", "SECRET"], "1")
    assert set(forwarded(given)) == set(FORWARDED)
    assert not {"PYTHONPATH", "PYTHONHOME"} & set(FORWARDED)
