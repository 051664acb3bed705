"""A configuration as TOML: only what differs from the defaults, in an order that reads well."""

import re
from collections.abc import Iterator

from vrrpd.config.fast_failover import fast_failover_settings
from vrrpd.config.keywords import NAMELESS, Form, toml_literal
from vrrpd.config.model import Authentication, AuthHmac, Command, Config, ExtraGarp, GarpGroup, Track
from vrrpd.config.settings import Section, Setting, sections
from vrrpd.config.texts import Defaults, own_weights, text_of, track_text
from vrrpd.config.values import Weight
from vrrpd.core.parameters import FastFailover

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SIMPLE = re.compile(r"[A-Za-z0-9_./:=+%@,-]+")
_WIDTH = 100


def render_toml(config: Config) -> str:
    """Reading it again gives an equal configuration."""
    defaults = own_weights(config)
    blocks = ["\n".join(_section(section, defaults)) for section in sections(config)]
    text = "\n\n".join(block for block in blocks if block)
    return f"{text}\n" if text else ""


def _section(section: Section, defaults: Defaults) -> Iterator[str]:
    lines = [_line(setting, defaults) for setting in section.settings if not setting.is_default]
    if section.kind and (lines or section.kind not in NAMELESS):
        yield f"[{section.kind}]" if section.kind in NAMELESS else f"[{table_name(section.kind, section.name)}]"
    yield from lines


def table_name(kind: str, name: str) -> str:
    return f"{kind}.{_key(name)}"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else toml_literal(name)


def _line(setting: Setting, defaults: Defaults) -> str:
    return f"{_key(setting.keyword.name)} = {toml_value(setting, defaults)}"


def toml_value(setting: Setting, defaults: Defaults) -> str:
    """The value as TOML writes it."""
    value, keyword = setting.value, setting.keyword
    match value:
        case Command():
            return _command(value)
        case Authentication():
            return f"{{ auth_type = {toml_literal(value.auth_type)}, auth_pass = {toml_literal(value.password)} }}"
        case AuthHmac():
            return _hmac(value)
        case FastFailover():
            return _fast_failover(value)
        case Weight() if not value.reverse:
            return str(value.value)
        case ExtraGarp() if not value.everywhere:
            return str(value.interval)
        case tuple() if keyword.shape in {Form.COMMAND, Form.PROCESS}:
            return _argv(value)
        case tuple():
            return _list([_element(item, keyword.name, defaults) for item in value], setting)
        case None:
            return '""'
        case bool() | int() | float():
            return toml_literal(value)
    text = text_of(value)
    return (
        "true" if text == "" and keyword.shape in {Form.OPTIONAL_TEXT, Form.VMAC, Form.IPVLAN} else toml_literal(text)
    )


def _element(item: object, keyword: str, defaults: Defaults) -> str:
    if isinstance(item, Track):
        return toml_literal(track_text(item, keyword, defaults))
    if isinstance(item, GarpGroup):
        names = ", ".join(toml_literal(name) for name in item.interfaces)
        times = f"garp_interval = {toml_literal(item.garp_interval)}, gna_interval = {toml_literal(item.gna_interval)}"
        return f"{{ interfaces = [{names}], {times} }}"
    return toml_literal(item) if isinstance(item, int) else toml_literal(text_of(item))


def _list(elements: list[str], setting: Setting) -> str:
    if not elements and setting.keyword.shape is Form.OPTIONAL_WORDS:
        return "true"
    line = f"[{', '.join(elements)}]"
    if len(line) + len(setting.keyword.name) <= _WIDTH:
        return line
    return "[\n" + "".join(f"    {element},\n" for element in elements) + "]"


def _command(command: Command) -> str:
    argv = _argv(command.argv)
    if command.user is None:
        return argv
    user = command.user if command.group is None else f"{command.user} {command.group}"
    return f"{{ command = {argv}, user = {toml_literal(user)} }}"


def _argv(argv: tuple[str, ...]) -> str:
    """One text where it is split again into the same words, else a list."""
    if all(_SIMPLE.fullmatch(word) for word in argv):
        return toml_literal(" ".join(argv))
    return f"[{', '.join(toml_literal(word) for word in argv)}]"


def _fast_failover(fast: FastFailover) -> str:
    parts = [f"{word} = {toml_literal(value)}" for word, value in fast_failover_settings(fast).items()]
    return f"{{ {', '.join(parts)} }}" if parts else "true"


def _hmac(hmac: AuthHmac) -> str:
    parts = [f"key = [{', '.join(toml_literal(text_of(key)) for key in hmac.keys)}]"]
    parts += [f"active_key = {hmac.active_key}"] if hmac.active_key is not None else []
    parts += [f"time_window = {hmac.time_window}"] if hmac.time_window is not None else []
    parts += [f"anti_replay = {toml_literal(hmac.anti_replay)}"] if hmac.anti_replay != "time" else []
    parts += [f"mode = {toml_literal(hmac.mode)}"] if hmac.mode != "enforce" else []
    return f"{{ {', '.join(parts)} }}"
