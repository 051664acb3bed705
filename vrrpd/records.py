"""``dataclass`` as the standard library has it, except that its methods are written when they are first asked for.

The library writes and compiles up to six functions for each class: for the 200 classes of the daemon that was half the
time of its start, and most of those functions are never called.
"""

import dataclasses
import sys
from collections.abc import Callable, Iterable
from functools import partial
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, frozen: bool = False, slots: bool = False, order: bool = False) -> Callable[[type], type]:
        """Classes without slots are left to the library."""
        if not slots:
            return dataclasses.dataclass(frozen=frozen, order=order)
        return lambda bare: _dressed(bare, frozen=frozen, order=order)


__all__ = ["NONE", "dataclass", "prepare"]

NONE: Final[frozenset[Any]] = frozenset()
"""For instances to share: Python makes a new empty set of 216 bytes each time."""

_UNSET: Final = object()
_ORDER: Final = {"__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">="}


class _Later:
    """Stands in a class where a method will be, and puts that there when somebody asks for it."""

    __slots__ = ("_cls", "_name", "_write")

    def __init__(self, cls: type, name: str, write: Callable[[Any], Any]) -> None:
        self._cls = cls
        self._name = name
        self._write = write

    def __get__(self, instance: object, _owner: type | None = None) -> Any:
        method = self._write(self._cls)
        method.__qualname__ = f"{self._cls.__qualname__}.{self._name}"
        setattr(self._cls, self._name, method)
        return method if instance is None else method.__get__(instance)


def _dressed(bare: type, *, frozen: bool, order: bool) -> type:
    described, own = bare.__doc__, bare.__dict__
    bare.__doc__ = described or "-"  # else the library looks for a signature, which takes long
    cls: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(bare)
    cls.__doc__ = described
    cls.__init__ = _Later(cls, "__init__", _frozen_init if frozen else _init)
    if own.get("__hash__") is None:  # as a class with an __eq__ of its own has it
        cls.__hash__ = _Later(cls, "__hash__", _hash) if frozen else None
    if "__eq__" not in own:
        cls.__eq__ = _Later(cls, "__eq__", _comparison)
    for name, sign in _ORDER.items() if order else ():
        setattr(cls, name, _Later(cls, name, partial(_comparison, name=name, sign=sign)))
    if "__repr__" not in own:
        cls.__repr__ = _repr
    if frozen:
        cls.__setattr__, cls.__delattr__ = _refuse_to_set, _refuse_to_delete
        cls.__getstate__, cls.__setstate__ = _state_of, _restore
    return cls  # type: ignore[no-any-return]  # the class that was given, with slots


def prepare(*classes: type, methods: Iterable[str] = ("__init__", "__eq__", "__hash__")) -> None:
    """Write their methods now: for what is to be quick when it is done for the first time."""
    for cls in classes:
        for name in methods:
            getattr(cls, name)


# --- written when needed --------------------------------------------------------------------------------------------


def _frozen_init(cls: Any) -> Any:
    return _init(cls, "  _set_{0}(self, {1})\n", {f"_set_{name}": cls.__dict__[name].__set__ for name in cls.__slots__})


def _init(cls: Any, line: str = "  self.{0} = {1}\n", given: Any = ()) -> Any:
    given, parameters, body = {"_UNSET": _UNSET, **dict(given)}, ["self"], ""
    fields = dataclasses.fields(cls)
    for field in fields:
        name, value = field.name, field.name
        if field.default is not dataclasses.MISSING:
            given[f"_default_{name}"] = field.default
            parameters.append(f"{name}=_default_{name}")
        elif field.default_factory is not dataclasses.MISSING:
            given[f"_make_{name}"] = field.default_factory
            parameters.append(f"{name}=_UNSET")
            value = f"_make_{name}() if {name} is _UNSET else {name}"
        else:
            parameters.append(name)
        body += line.format(name, value)
    if hasattr(cls, "__post_init__"):
        body += "  self.__post_init__()\n"
    method = _compiled(cls, f"__init__({', '.join(parameters)})", body or "  pass\n", given)
    method.__annotations__ = {field.name: field.type for field in fields} | {"return": None}
    return method


def _comparison(cls: Any, name: str = "__eq__", sign: str = "==") -> Any:
    body = "  if other.__class__ is not self.__class__:\n   return NotImplemented\n"
    body += f"  return {_values(cls, 'self')} {sign} {_values(cls, 'other')}\n"
    return _compiled(cls, f"{name}(self, other)", body)


def _hash(cls: Any) -> Any:
    return _compiled(cls, "__hash__(self)", f"  return hash({_values(cls, 'self')})\n")


def _values(cls: Any, of: str) -> str:
    return f"({''.join(f'{of}.{field.name},' for field in dataclasses.fields(cls) if field.compare)})"


def _compiled(cls: Any, head: str, body: str, given: Any = ()) -> Any:
    given = dict(given)
    source = f"def write({', '.join(given)}):\n def {head}:\n{body} return {head.partition('(')[0]}\n"
    namespace: dict[str, Any] = {}
    exec(source, vars(sys.modules[cls.__module__]), namespace)  # noqa: S102  # from the names of fields only
    return namespace["write"](**given)


# --- the same for all -----------------------------------------------------------------------------------------------


@recursive_repr()
def _repr(self: Any) -> str:
    shown = (field.name for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


def _refuse_to_set(_self: object, name: str, _value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state_of(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self.__slots__]


def _restore(self: Any, state: list[Any]) -> None:
    for name, value in zip(self.__slots__, state, strict=True):
        object.__setattr__(self, name, value)
