from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from fake_host import FakeRunner, completed, make_host

from pyodide_abi.errors import MissingError
from pyodide_abi.runtime import browser as browser_module
from pyodide_abi.runtime.browser import Browser, find_browser, visit
from pyodide_abi.runtime.page_install import browse
from pyodide_abi.runtime.protocol import Install
from pyodide_abi.runtime.replies import Booted, Died, Exited

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyodide_abi.host import Host
    from pyodide_abi.process import Completed


def host_with(tmp_path: Path, name: str, *, answer: str = "Chromium 140.0.7339.80 built\n") -> Host:
    program = tmp_path / "bin" / name
    program.parent.mkdir(exist_ok=True)
    program.touch()
    program.chmod(0o755)
    runner = FakeRunner(lambda words, _cwd: completed(words, stdout=answer))
    return make_host(tmp_path, runner, environ={"PATH": str(program.parent)})


@pytest.mark.parametrize("name", ["chromium", "google-chrome"])
def test_one_of_the_usual_names(tmp_path: Path, name: str) -> None:
    found = find_browser(host_with(tmp_path, name))
    assert found is not None
    assert (found.path.name, found.version) == (name, "Chromium 140.0.7339.80")


def test_none(tmp_path: Path) -> None:
    assert find_browser(host_with(tmp_path, "firefox")) is None
    with pytest.raises(MissingError, match="'opera' is no browser"):
        find_browser(host_with(tmp_path, "firefox"), "opera")


def test_one_that_does_not_answer(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="is no browser that answers"):
        find_browser(host_with(tmp_path, "mine", answer="hello"), "mine")


class Page(FakeRunner):
    """A browser that lets the page say these, and logs these lines."""

    def __init__(
        self, mirror: Any, said: Sequence[object], lines: Sequence[str], *, late: bool = False
    ) -> None:
        super().__init__(lambda words, _cwd: completed(words))
        self.mirror, self.said, self.lines, self.late = mirror, said, lines, late

    def run(self, argv: Any, *, on_line: Callable[[str], None] | None = None, **more: Any) -> Completed:
        done = super().run(argv, **more)
        self.mirror.answers.extend(json.dumps(message) for message in self.said)
        for line in self.lines:
            assert on_line is not None
            on_line(line)
        return completed(done.argv, stdout="lines") if not self.late else _late(done)


def _late(done: Completed) -> Completed:
    from pyodide_abi.values import replace

    return replace(done, timed_out=True)


END = '[1:2:INFO:CONSOLE(3)] "pyodide-abi: the page has ended", source: x'


def load(tmp_path: Path, said: Sequence[object], *lines: str, late: bool = False) -> tuple[Any, str, Any]:
    mirror = SimpleNamespace(
        address="http://127.0.0.1:1", pages={}, answers=["old"], answer_path="/answer/secret"
    )
    runner = Page(mirror, said, lines, late=late)
    install = Install(requirement="</script>==1", modules=(), server=mirror.address, cache=Path())
    messages, died = browse(
        "314.0.7",
        install,
        mirror=mirror,  # type: ignore[arg-type]
        browser=Browser(path=Path("chromium"), version="1"),
        host=make_host(tmp_path, runner),
        timeout=1,
    )
    return messages, died, (mirror, runner)


def test_a_page_that_comes_to_its_end(tmp_path: Path) -> None:
    said = [{"kind": "booted"}, {"kind": "exited", "status": 0}]
    messages, died, (mirror, runner) = load(tmp_path, said, "noise", END)
    assert (messages, died) == ((Booted(), Exited(status=0)), "")
    assert mirror.pages["index.html"].count("</script>") == 1, "what is asked for cannot end the script"
    assert any("EXCLUDE 127.0.0.1" in word for word in runner.asked[0]), "nothing else can be reached"


def test_a_page_that_fails(tmp_path: Path) -> None:
    messages, died, _ = load(tmp_path, [{"kind": "died", "text": "Error: x"}], END)
    assert (messages, died) == ((Died(text="Error: x"),), "Error: x")


def test_a_browser_that_ends_or_does_not(tmp_path: Path) -> None:
    assert load(tmp_path, [{"kind": "booted"}])[1] == "the browser ended: lines"
    assert load(tmp_path, [], late=True)[1] == "it ran out of time"


def test_displays_that_were_killed_leave_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser_module, "_DISPLAYS", tmp_path)
    monkeypatch.setattr(browser_module, "_PATIENCE", 0.2)
    (tmp_path / ".X11-unix").mkdir()

    def display(number: int, process: int) -> None:
        (tmp_path / f".X{number}-lock").write_text(f"{process:>10}\n")
        (tmp_path / ".X11-unix" / f"X{number}").touch()

    gone = 2**22 + 1  # No process of Linux has a number above 2**22 (proc(5), pid_max).

    def start(words: tuple[str, ...], _cwd: Path | None) -> Completed:
        display(100, gone)
        display(101, os.getpid())
        return completed(words)

    display(99, gone)
    webkit = Browser(engine="webkit", path=Path("MiniBrowser"), version="WebKitGTK 2.50.6")
    runner = FakeRunner(start)
    visit(webkit, "http://127.0.0.1:1/", make_host(tmp_path, runner), timeout=1)
    (words,) = runner.asked
    assert words[:2] == ("xvfb-run", "--auto-servernum")
    assert {"--enable-sandbox", "--proxy=http://127.0.0.1:1"} <= set(words)
    # Another's, and one that runs, stay.
    assert sorted(path.name for path in tmp_path.glob(".X*-lock")) == [".X101-lock", ".X99-lock"]
    assert sorted(path.name for path in (tmp_path / ".X11-unix").iterdir()) == ["X101", "X99"]
