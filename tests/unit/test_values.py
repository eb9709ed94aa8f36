"""Value classes, held against frozen dataclasses."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyodide_abi.platforms import model as platforms_model
from pyodide_abi.values import asdict, replace, value
from pyodide_abi.wasm import types as wasm_types

if TYPE_CHECKING:
    from collections.abc import Mapping


@value
class Point:
    """Where it is."""

    x: int
    y: int = 0
    names: Mapping[str, object] = {}

    @property
    def both(self) -> tuple[int, int]:
        return self.x, self.y


@value
class Place(Point):
    kind: str


@value(kw_only=False)
class Pair:
    first: object
    second: object = None

    def __str__(self) -> str:
        return f"{self.first} {self.second}"


@value
class Empty:
    pass


@value
class Counting:
    text: str

    @cached_property
    def length(self) -> int:
        return len(self.text)


class AsDataclass:
    """The same, as dataclasses."""

    @dataclasses.dataclass(frozen=True, slots=True)
    class Pair:
        first: object
        second: object = None

    @dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
    class Place:
        x: int
        y: int = 0
        names: Mapping[str, object] = dataclasses.field(default_factory=dict)
        kind: str


HASHABLE = st.none() | st.integers(-2, 2) | st.text(max_size=2) | st.tuples(st.booleans())
CONTENTS = st.recursive(HASHABLE, lambda inner: st.lists(inner, max_size=2).map(tuple))


@given(CONTENTS, CONTENTS, CONTENTS, CONTENTS)
def test_positional_classes_do_as_dataclasses(a: object, b: object, c: object, d: object) -> None:
    one, other = Pair(a, b), Pair(c, second=d)
    like_one, like_other = AsDataclass.Pair(a, b), AsDataclass.Pair(c, d)
    assert (one == other, one != other) == (like_one == like_other, like_one != like_other)
    assert hash(one) == hash(like_one)
    assert repr(one) == repr(like_one).replace("AsDataclass.", "")
    assert asdict(replace(one, second=d)) == as_json(
        dataclasses.asdict(dataclasses.replace(like_one, second=d))
    )


@given(st.integers(), st.integers(), st.dictionaries(st.text(max_size=2), CONTENTS, max_size=2), st.text())
def test_named_classes_do_as_dataclasses(x: int, y: int, names: dict[str, object], kind: str) -> None:
    one, like = Place(x=x, y=y, names=names, kind=kind), AsDataclass.Place(x=x, y=y, names=names, kind=kind)
    assert repr(one) == repr(like).replace("AsDataclass.", "")
    assert asdict(one) == as_json(dataclasses.asdict(like))
    for same in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one)), replace(one)):  # noqa: S301
        assert same == one
        assert type(same) is Place
    assert replace(one, kind=f"{kind}!") != one


def as_json(data: Any) -> Any:
    """With lists for tuples."""
    if isinstance(data, dict):
        return {key: as_json(item) for key, item in data.items()}
    return [as_json(item) for item in data] if isinstance(data, list | tuple) else data


class TestTools:
    """What goes by signatures and by dataclasses finds what a frozen dataclass has, before any other use."""

    def test_signatures(self) -> None:
        @value
        class Fresh(Point):
            kind: str = "none"

        assert str(inspect.signature(Fresh)) == (
            "(*, x: 'int', y: 'int' = 0, names: 'Mapping[str, object]' = {}, kind: 'str' = 'none') -> None"
        )
        assert str(inspect.signature(Pair)) == str(inspect.signature(AsDataclass.Pair))
        assert str(inspect.signature(Point)).startswith("(*, x: 'int', y:"), "a base keeps its own"
        assert str(inspect.signature(Empty)) == "() -> None"
        assert inspect.signature(Fresh) is inspect.signature(Fresh)

    def test_an_instance_that_can_be_called_has_its_own_signature(self) -> None:
        @value
        class Adder:
            much: int

            def __call__(self, to: int) -> int:
                return self.much + to

        assert str(inspect.signature(Adder(much=1))) == "(to: 'int') -> 'int'"

    def test_fields(self) -> None:
        @value
        class Fresh(Point):
            kind: str

        found = dataclasses.fields(Fresh)
        assert [(field.name, field.type, field.kw_only) for field in found] == [
            (field.name, field.type, True) for field in dataclasses.fields(AsDataclass.Place)
        ]
        assert found[1].default == 0
        make: Any = found[2].default_factory
        assert make() == {}
        assert len(dataclasses.fields(Point)) == 3

    def test_dataclasses_functions(self) -> None:
        place: Any = Place(x=1, kind="a")
        assert dataclasses.is_dataclass(type(place))
        assert dataclasses.is_dataclass(Pair(1))
        assert not dataclasses.is_dataclass(TestTools)
        assert dataclasses.asdict(place) == {"x": 1, "y": 0, "names": {}, "kind": "a"}
        assert dataclasses.astuple(Pair(1, Pair(2))) == (1, (2, None))

        assert dataclasses.replace(place, y=5) == Place(x=1, y=5, kind="a")
        assert place.__dataclass_params__.frozen

    def test_every_class_of_ours_tells(self) -> None:
        classes = [
            cls
            for module in (platforms_model, wasm_types)
            for cls in vars(module).values()
            if isinstance(cls, type) and hasattr(cls, "__field_defaults__")
        ]
        assert len(classes) > 20
        for cls in classes:
            names = list(inspect.signature(cls).parameters)
            assert names == [field.name for field in dataclasses.fields(cls)]


class TestInit:
    def test_defaults(self) -> None:
        point = Point(x=1)
        assert (point.x, point.y, point.names, point.both) == (1, 0, {}, (1, 0))
        assert Pair(1).second is None

    def test_a_base_is_made_before_and_after_its_subclass(self) -> None:
        @value
        class Base:
            a: int = 1

        @value
        class Sub(Base):
            b: int

        class Plain(Base):
            pass

        assert repr(Plain(a=3)).endswith("Plain(a=3)")
        assert (Sub(b=2).a, Sub(b=2).b, Base().a) == (1, 2, 1)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({}, r"Point\.__init__\(\) missing 1 required keyword-only argument: 'x'"),
            ({"x": 1, "z": 2}, r"Point\.__init__\(\) got an unexpected keyword argument 'z'"),
        ],
    )
    def test_wrong_fields(self, arguments: dict[str, Any], message: str) -> None:
        for _ in range(2):
            with pytest.raises(TypeError, match=message):
                Point(**arguments)

    def test_fields_by_place_only_where_said(self) -> None:
        with pytest.raises(TypeError, match="takes 1 positional argument but 2 were given"):
            Point(1)  # type: ignore[call-arg]

    def test_unknown_changes(self) -> None:
        with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
            replace(Point(x=1), z=2)  # type: ignore[call-arg]

    def test_no_fields(self) -> None:
        assert Empty() == Empty()
        assert hash(Empty()) == hash(())
        assert repr(Empty()) == "Empty()"
        assert copy.copy(Empty()) == Empty()


class TestComparing:
    def test_only_the_very_same_class(self) -> None:
        assert Point(x=1) != Place(x=1, kind="")
        assert Pair(1, 2).__eq__((1, 2)) is NotImplemented

    def test_first_comparison_and_first_hash(self) -> None:
        @value
        class Fresh:
            a: int

        assert Fresh(a=1) != Fresh(a=2)
        assert {Fresh(a=1), Fresh(a=1)} == {Fresh(a=1)}

    def test_unhashable_contents(self) -> None:
        with pytest.raises(TypeError, match="unhashable type: 'list'"):
            hash(Pair([]))

    def test_patterns(self) -> None:
        match Pair(1, 2):
            case Pair(1, second):
                assert second == 2
            case _:
                pytest.fail("no match")


class TestFrozen:
    def test_nothing_can_be_set_or_deleted(self) -> None:
        point = Point(x=1)
        with pytest.raises(AttributeError, match="Point is a value: its 'x' stays as it is"):
            point.x = 2  # type: ignore[misc]
        with pytest.raises(AttributeError, match="its 'y' stays"):
            del point.y
        with pytest.raises(AttributeError, match="its 'new' stays"):
            point.new = 2  # type: ignore[attr-defined]

    def test_slots(self) -> None:
        assert not hasattr(Place(x=1, kind=""), "__dict__")
        assert vars(Place)["__slots__"] == ("kind",)

    def test_cached_properties(self) -> None:
        counting = Counting(text="four")
        assert (counting.length, counting.length) == (4, 4)
        assert vars(counting) == {"length": 4}
        assert counting == Counting(text="four")
        assert not vars(copy.copy(counting))


def test_the_class_is_described_as_it_was() -> None:
    assert (Point.__name__, Point.__qualname__, Point.__module__) == ("Point", "Point", __name__)
    assert Point.__doc__ == "Where it is."
    assert str(Pair(1, 2)) == "1 2"


def test_asdict_goes_into_values() -> None:
    inner = Pair(1, (Pair(2), [3]))
    assert asdict(Pair({"a": inner})) == {
        "first": {"a": {"first": 1, "second": [{"first": 2, "second": None}, [3]]}},
        "second": None,
    }
