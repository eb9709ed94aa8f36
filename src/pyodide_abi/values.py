"""Value classes: frozen, keyword-only, slotted, compared by their fields; and quick to define.

A command defines more than a hundred of them when it starts. A frozen dataclass takes 0.4 ms, as six
functions are compiled for it, and the import of ``dataclasses`` 8 ms: a third of a small wheel's audit. Here
a class takes a twentieth of that, because a function is compiled when it is first called. An instance is
made in two thirds of a frozen dataclass's time.
"""

# ruff: noqa: ANN401 - a field may hold anything; what a class takes is checked through dataclass_transform

from __future__ import annotations

from functools import cache, cached_property
from types import FunctionType
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, dataclass_transform, overload

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import replace as replace  # noqa: PLC0414 - type checkers know what it takes
    from types import CodeType

_Class = TypeVar("_Class", bound=type)
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
        "__field_annotations__": {**getattr(cls, "__field_annotations__", {}), **cls.__annotations__},
        "__field_keywords__": kw_only,
    }
    made: type = type(cls)(cls.__name__, cls.__bases__, {**methods, **_TOLD, **members, **facts})
    return made


def _named_init(cls: Any) -> Any:
    function = _init(cls, keywords=len(cls.__match_args__))
    function.__kwdefaults__ = cls.__field_defaults__
    return function


def _positional_init(cls: Any) -> Any:
    function = _init(cls, keywords=0)
    function.__defaults__ = tuple(cls.__field_defaults__.values())
    return function


def _init(cls: Any, keywords: int) -> Any:
    fields = cls.__match_args__
    # A slot's own function is quicker than object.__setattr__, which would look for it.
    setters = {f"s{index}": getattr(cls, name).__set__ for index, name in enumerate(fields)}
    code = _init_code(len(fields)).replace(
        co_varnames=("self", *fields),
        co_argcount=1 + len(fields) - keywords,
        co_kwonlyargcount=keywords,
    )
    return FunctionType(code, setters)


@cache
def _init_code(fields: int) -> CodeType:
    """What sets so many fields; only their names tell such functions apart, and compiling takes longest."""
    body = "; ".join(f"s{index}(self, f{index})" for index in range(fields))
    function = _compile("__init__", ("self", *(f"f{index}" for index in range(fields))), body or "pass")
    code: CodeType = function.__code__
    return code


def _eq(cls: Any) -> Any:
    same = " and ".join(f"self.{name} == other.{name}" for name in cls.__match_args__)
    body = f"return {same or True} if other.__class__ is self.__class__ else NotImplemented"
    return _compile("__eq__", ("self", "other"), body)


def _hash(cls: Any) -> Any:
    fields = "".join(f"self.{name}, " for name in cls.__match_args__)
    return _compile("__hash__", ("self",), f"return hash(({fields}))")


def _compile(name: str, parameters: tuple[str, ...], body: str) -> Any:
    names: dict[str, Any] = {}
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


class _Told:
    """What a value class tells tools of the standard library, made when it is first asked for.

    ``inspect`` and ``dataclasses`` take long to import; who asks has them already.
    """

    def __init__(self, name: str, make: Callable[[Any], Any], *, of_instances: bool) -> None:
        self._name, self._make, self._of_instances = name, make, of_instances

    def __get__(self, instance: object, owner: Any) -> Any:
        if instance is not None and not self._of_instances:
            raise AttributeError(f"{owner.__qualname__} objects have no {self._name}")
        made = self._make(owner)
        # Not in the place of what a base has, which has fewer fields.
        if vars(owner).get(self._name) is self:
            setattr(owner, self._name, made)
        return made


def _signature(cls: Any) -> Any:
    """What the class takes, with annotations as they were written."""
    import inspect  # noqa: PLC0415 - as above

    named, positional = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [
        inspect.Parameter(
            name,
            named if cls.__field_keywords__ else positional,
            default=cls.__field_defaults__.get(name, inspect.Parameter.empty),
            annotation=cls.__field_annotations__[name],
        )
        for name in cls.__match_args__
    ]
    return inspect.Signature(parameters, return_annotation=None)


def _dataclass(cls: Any) -> Any:
    """A frozen dataclass with the same fields."""
    import dataclasses  # noqa: PLC0415 - as above

    def field(name: str) -> Any:
        if name not in cls.__field_defaults__:
            return dataclasses.field()
        content = cls.__field_defaults__[name]
        # Dataclasses refuse a default that could be changed.
        if content.__class__.__hash__ is None:
            return dataclasses.field(default_factory=lambda: content)
        return dataclasses.field(default=content)

    fields = [(name, cls.__field_annotations__[name], field(name)) for name in cls.__match_args__]
    return dataclasses.make_dataclass(cls.__name__, fields, frozen=True, kw_only=cls.__field_keywords__)


def _of_dataclass(name: str) -> _Told:
    return _Told(name, lambda cls: getattr(_dataclass(cls), name), of_instances=True)


#: What ``inspect.signature`` and the functions of ``dataclasses`` look for.
_TOLD = {
    "__signature__": _Told("__signature__", _signature, of_instances=False),
    "__dataclass_fields__": _of_dataclass("__dataclass_fields__"),
    "__dataclass_params__": _of_dataclass("__dataclass_params__"),
}


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
