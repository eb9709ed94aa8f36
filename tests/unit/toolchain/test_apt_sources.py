"""Both forms of sources.list(5), and which source is taken for Debian's archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyodide_abi.toolchain.apt_sources import AptSource, find_mirror, read_sources, stanza

if TYPE_CHECKING:
    from pathlib import Path

DEB822 = """\
# a comment before
Types: deb deb-src
# and inside
URIs: http://mirror.example/debian http://second.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Enabled: no

Types: deb-src
URIs: http://mirror.example/debian
Suites: sid
Components: main
"""
EMBEDDED = """\
Types: deb
URIs: https://mirror.example/debian
Suites: stable
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----
"""
ONE_LINE = """\
# deb http://off.example/debian bookworm main
deb-src http://src.example/debian bookworm main
deb [arch=amd64 signed-by=/etc/a.gpg,/etc/b.gpg] http://one.example/debian/ bookworm main non-free # why not
deb http://exact.example/debian ./
deb cdrom:[Debian GNU/Linux 12]/ bookworm main
"""


def etc_apt(folder: Path, **files: str) -> Path:
    (folder / "sources.list.d").mkdir(parents=True)
    for name, text in files.items():
        path = folder / ("sources.list" if name == "main" else f"sources.list.d/{name.replace('_', '.')}")
        path.write_text(text)
    return folder


def source(uri: str, suite: str = "bookworm", components: tuple[str, ...] = ("main",)) -> AptSource:
    return AptSource(uri=uri, suite=suite, components=components, signed_by=None)


def test_deb822_form(tmp_path: Path) -> None:
    found = read_sources(etc_apt(tmp_path, debian_sources=DEB822))
    assert [(one.uri, one.suite) for one in found] == [
        ("http://mirror.example/debian", "bookworm"),
        ("http://mirror.example/debian", "bookworm-updates"),
        ("http://second.example/debian", "bookworm"),
        ("http://second.example/debian", "bookworm-updates"),
    ]
    assert found[0].components == ("main", "contrib")
    assert found[0].signed_by == "/usr/share/keyrings/debian-archive-keyring.gpg"


def test_one_line_form(tmp_path: Path) -> None:
    found = read_sources(etc_apt(tmp_path, main=ONE_LINE))
    assert found[0] == AptSource(
        uri="http://one.example/debian/",
        suite="bookworm",
        components=("main", "non-free"),
        signed_by="/etc/a.gpg /etc/b.gpg",
    )
    assert found[1].components == ()
    assert find_mirror(found, "bookworm") == found[0]


def test_an_embedded_key_survives(tmp_path: Path) -> None:
    found = read_sources(etc_apt(tmp_path / "etc", debian_sources=EMBEDDED))
    mirror = find_mirror(found, "")
    assert mirror is not None
    again = read_sources(etc_apt(tmp_path / "again", debian_sources=stanza(mirror, "testing")))
    assert again[0].suite == "testing"
    assert again[0].signed_by == found[0].signed_by
    assert "\n abc\n" in str(again[0].signed_by)


def test_other_files_are_not_read(tmp_path: Path) -> None:
    folder = etc_apt(tmp_path, debian_sources_disabled=DEB822, notes_save=ONE_LINE)
    assert read_sources(folder) == []
    assert read_sources(tmp_path / "absent") == []


def test_the_archive_is_told_from_others_with_the_same_suite() -> None:
    third = source("https://packages.example/tools")
    own = source("http://mirror.example/debian/")
    assert find_mirror([third, own], "bookworm") == own
    assert find_mirror([third], "bookworm") == third


@pytest.mark.parametrize(
    "unfit",
    [
        source("http://mirror.example/debian", suite="bookworm-updates"),
        source("http://mirror.example/debian", suite="noble"),
        source("http://mirror.example/debian", components=("contrib",)),
        source("cdrom:[Debian]/"),
    ],
)
def test_no_archive(unfit: AptSource) -> None:
    assert find_mirror([unfit], "bookworm") is None


def test_verification_is_not_switched_off() -> None:
    assert "Trusted" not in stanza(source("http://mirror.example/debian"), "testing")
