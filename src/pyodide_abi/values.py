"""Value classes: frozen, keyword-only, slotted, compared by their fields; and quick to define.

A command defines more than a hundred of them when it starts. A frozen dataclass takes 0.4 ms, as six
functions are compiled for it, and the import of ``dataclasses`` 8 ms: a third of a small wheel's audit. Here
a class takes a twentieth of that, because a function is compiled when it is first called. An instance is
made in two thirds of a frozen dataclass's time.
"""

# ruff: noqa: ANN401 - a field may hold anything; what a class takes is checked through dataclass_transform

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, dataclass_transform, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from dataclasses import replace as replace  # noqa: PLC0414 - type checkers know what it takes

_Class = TypeVar("_Class", bound=type)
_Item = TypeVar("_Item")
#: What a class has because it was defined without slots.
_UNSLOTTED = {"__dict__", "__weakref__"}


@overload
def value(cls: _Class, /) -> _Class: ...


@overload
def value(*, kw_only: bool) -> Callable[[_Class], _Class]: ...


@dataclass_transform(frozen_default=True, kw_only_default=True)
def value(cls: type | None = None, /, *, kw_only: bool = True) -> Any:
    """Make a value class of a class with annotated fields, which come after those of its base.

    It gets what a frozen dataclass has, except for what it defines itself. A default is shared by all
    instances, so the type of such a field should not let it be changed. A class with cached properties also
    gets a dictionary, where they are kept.

    Args:
        cls: the class.
        kw_only: fields are given by name.
    """
    return _slotted(cls, kw_only=kw_only) if cls else lambda cls: _slotted(cls, kw_only=kw_only)


def _slotted(cls: Any, *, kw_only: bool) -> type:
    members = {name: member for name, member in vars(cls).items() if name not in _UNSLOTTED}
    own = tuple(cls.__annotations__)
    defaults = {name: members.pop(name) for name in own if name in members}
    cached = any(isinstance(member, cached_property) for member in members.values())

    def compiled(name: str, write: Callable[[Any], Callable[..., Any]]) -> Callable[..., Any]:
        def first(*args: Any, **kwargs: Any) -> Any:
            function = write(made)
            function.__qualname__ = f"{made.__qualname__}.{name}"
            setattr(made, name, function)
            return function(*args, **kwargs)

        return first

    methods = {
        "__init__": compiled("__init__", _named_init if kw_only else _positional_init),
        "__eq__": compiled("__eq__", _eq),
        "__hash__": compiled("__hash__", _hash),
        "__repr__": _repr,
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        "__reduce__": _reduce,
    }
    facts = {
        "__qualname__": cls.__qualname__,
        "__slots__": (*own, "__dict__") if cached else own,
        "__match_args__": (*getattr(cls, "__match_args__", ()), *own),
        "__field_defaults__": {**getattr(cls, "__field_defaults__", {}), **defaults},
    }
    made: type = type(cls)(cls.__name__, cls.__bases__, {**methods, **members, **facts})
    return made


def _named_init(cls: Any) -> Any:
    function = _init(cls, ("self", "*", *cls.__match_args__) if cls.__match_args__ else ("self",))
    function.__kwdefaults__ = cls.__field_defaults__
    return function


def _positional_init(cls: Any) -> Any:
    function = _init(cls, ("self", *cls.__match_args__))
    function.__defaults__ = tuple(cls.__field_defaults__.values())
    return function


def _init(cls: Any, parameters: tuple[str, ...]) -> Any:
    # A slot's own function is quicker than object.__setattr__, which would look for it.
    setters = {f"_set_{name}": getattr(cls, name).__set__ for name in cls.__match_args__}
    body = "; ".join(f"_set_{name}(self, {name})" for name in cls.__match_args__)
    return _compile("__init__", parameters, body or "pass", setters)


def _eq(cls: Any) -> Any:
    same = " and ".join(f"self.{name} == other.{name}" for name in cls.__match_args__)
    body = f"return {same or True} if other.__class__ is self.__class__ else NotImplemented"
    return _compile("__eq__", ("self", "other"), body, {})


def _hash(cls: Any) -> Any:
    fields = "".join(f"self.{name}, " for name in cls.__match_args__)
    return _compile("__hash__", ("self",), f"return hash(({fields}))", {})


def _compile(name: str, parameters: tuple[str, ...], body: str, names: dict[str, Any]) -> Any:
    exec(f"def {name}({', '.join(parameters)}): {body}", names)  # noqa: S102 - made of our own fields' names
    return names[name]


def _repr(self: Any) -> str:
    fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
    return f"{type(self).__qualname__}({fields})"


def _refuse(self: object, name: str, _content: object = None) -> NoReturn:
    raise AttributeError(f"{type(self).__qualname__} is a value: its {name!r} stays as it is")


def _reduce(self: Any) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    return _restore, (type(self), *(getattr(self, name) for name in self.__match_args__))


def _restore(cls: Any, *contents: Any) -> Any:
    restored = object.__new__(cls)
    for name, content in zip(cls.__match_args__, contents, strict=True):
        object.__setattr__(restored, name, content)
    return restored


def different(values: Sequence[_Item]) -> dict[int, _Item]:
    """Those that are not one and the same object, by their ids.

    Of a hundred thousand types or imports a few are different, which is told without a hash.
    """
    return dict(zip(map(id, values), values, strict=True))


def asdict(of: Any) -> dict[str, Any]:
    """The fields of a value by name, and values in them likewise; tuples become lists."""
    return {name: _plain(getattr(of, name)) for name in of.__match_args__}


def _plain(content: Any) -> Any:
    if hasattr(content, "__field_defaults__"):
        return asdict(content)
    if isinstance(content, tuple | list):
        return [_plain(item) for item in content]
    if isinstance(content, dict):
        return {key: _plain(item) for key, item in content.items()}
    return content


if not TYPE_CHECKING:

    def replace(of: Any, /, **changes: Any) -> Any:
        """A value with other contents in some of its fields."""
        return type(of)(**{name: getattr(of, name) for name in of.__match_args__} | changes)
