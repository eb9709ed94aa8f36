"""Which recipes there are, in which order libraries are made, and which one offers what a build lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from pyodide_abi.build.lacking import Lacking, LackingKind
from pyodide_abi.errors import UsageError
from pyodide_abi.libraries import Catalogue

OURS = Catalogue.read()
SPAM: dict[str, object] = {"summary": "spam", "build": "cmake", "source": {"debian": "spam"}}


@pytest.mark.parametrize("name", OURS.recipes)
def test_our_recipes_can_be_found_by_what_they_offer(name: str) -> None:
    recipe = OURS.recipes[name]
    assert recipe.summary
    offers = recipe.offers
    assert offers.headers, "whoever includes a header of it must get it"
    assert offers.link or recipe.summary.endswith(": headers")
    asked = [
        *(Lacking(kind=LackingKind.PACKAGE, name=one) for one in (name, *offers.packages)),
        *(Lacking(kind=LackingKind.LINK, name=one) for one in offers.link),
        *(Lacking(kind=LackingKind.HEADER, name=one.replace("*", "x")) for one in offers.headers),
    ]
    for one in asked:
        assert OURS.offering(one) is recipe, one


@pytest.mark.parametrize("name", OURS.recipes)
def test_every_option_has_a_reason(name: str) -> None:
    recipe = OURS.recipes[name]
    for why in (*recipe.options.values(), *recipe.environ.values()):
        assert why.strip()


@pytest.mark.parametrize(
    ("kind", "name", "library"),
    [
        (LackingKind.HEADER, "yaml.h", "libyaml"),
        (LackingKind.HEADER, "ffi.h", "libffi"),
        (LackingKind.LINK, "yaml", "libyaml"),
        (LackingKind.PACKAGE, "YAML-0.1", "libyaml"),
        (LackingKind.PACKAGE, "yamlfoo", None),
        (LackingKind.LINK, "yaml-0.1", None),
        (LackingKind.HEADER, "my/yaml.h", None),
    ],
)
def test_who_offers_it(kind: LackingKind, name: str, library: str | None) -> None:
    found = OURS.offering(Lacking(kind=kind, name=name))
    assert (found.name if found else None) == library


def test_an_unknown_name_is_answered_with_near_ones() -> None:
    with pytest.raises(UsageError) as caught:
        OURS.find("libyml")
    assert "did you mean libyaml" in caught.value.hint
    with pytest.raises(UsageError) as caught:
        OURS.find("ffi")
    assert "did you mean libffi?" in caught.value.hint


def test_the_users_recipes_stand_before_ours(tmp_path: Path) -> None:
    (tmp_path / "libyaml.toml").write_text(
        'summary = "mine"\nbuild = "make"\nsource = { archive = "y.tar.gz", version = "9" }\n'
    )
    found = Catalogue.read([tmp_path], {"spam": SPAM}, Path("pyproject.toml"))
    assert found.find("libyaml").summary == "mine"
    assert found.find("libyaml").origins[0].name == str(tmp_path / "y.tar.gz")
    assert found.find("spam").defined_in == Path("pyproject.toml")
    assert found.find("libffi") == OURS.find("libffi")


def test_a_folder_without_recipes(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no recipes"):
        Catalogue.read([tmp_path])
    (tmp_path / "x.toml").write_text("x = ")
    with pytest.raises(UsageError, match=r"x\.toml is not a recipe"):
        Catalogue.read([tmp_path])


def test_what_is_needed_is_made_first() -> None:
    tables = {
        "a": {**SPAM, "needs": ["b", "c"]},
        "b": {**SPAM, "needs": ["d"]},
        "c": {**SPAM, "needs": ["d"]},
        "d": SPAM,
    }
    catalogue = Catalogue.read(tables=tables)
    assert [recipe.name for recipe in catalogue.in_order(["a"])] == ["d", "b", "c", "a"]
    assert [recipe.name for recipe in catalogue.in_order(["c", "b"])] == ["d", "c", "b"]


@pytest.mark.parametrize(
    ("link", "left"),
    [(["z"], ["a"]), (["z", "bz2"], ["a"]), (["z", "zmore"], ["d", "b", "a"]), ([], ["d", "b", "a"])],
)
def test_what_the_runtime_has_is_not_made_for_others(link: list[str], left: list[str]) -> None:
    tables = {
        "a": {**SPAM, "needs": ["b"]},
        "b": {**SPAM, "needs": ["d"], "offers": {"link": link}},
        "d": SPAM,
    }
    catalogue = Catalogue.read(tables=tables)
    assert [recipe.name for recipe in catalogue.in_order(["a"], provided=["z", "bz2"])] == left
    # It is made for who asks for itself.
    assert [recipe.name for recipe in catalogue.in_order(["b"], provided=["z", "bz2"])] == ["d", "b"]


@pytest.mark.parametrize("needs", [["a"], ["b"]])
def test_a_circle(needs: list[str]) -> None:
    tables = {"a": {**SPAM, "needs": needs}, "b": {**SPAM, "needs": ["a"]}}
    with pytest.raises(UsageError, match="need one another in a circle: "):
        Catalogue.read(tables=tables)


def test_a_need_that_there_is_not() -> None:
    with pytest.raises(UsageError, match="no recipe for a library 'xyzzy'"):
        Catalogue.read(tables={"a": {**SPAM, "needs": ["xyzzy"]}})
