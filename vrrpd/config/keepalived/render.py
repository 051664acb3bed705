"""A configuration in keepalived's own language: only what differs from the defaults."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from vrrpd.config.keywords import Form
from vrrpd.config.model import (
    Authentication,
    AuthHmac,
    Command,
    Config,
    GarpGroup,
    LinkbeatInterface,
    MailServer,
    Route,
    Rule,
    Track,
    UnicastPeer,
    UpDownDelay,
    VirtualAddress,
)
from vrrpd.config.settings import Section, Setting, sections
from vrrpd.config.texts import Defaults, number, own_weights, text_of, track_text
from vrrpd.config.values import InitFile, Weight
from vrrpd.errors import ConfigError

_PLAIN: Final = re.compile(r"[^\s\"'#!{}\\@$~]+")
_UNQUOTABLE: Final = re.compile(r'["\x00-\x1f\x7f]|\$\{_|~(?:SEQ|LST)')
"""What stays no part of a word whatever stands around it; the last ones are expanded."""
_BARE_ARGUMENT: Final = re.compile(r"[^\s\"'\\\x00-\x1f\x7f$~]+")
_ESCAPED: Final = re.compile(r"[\"'\\\s\x00-\x1f\x7f$~]")
_LINE_LIMIT: Final = 1000
"""Bytes; keepalived ignores longer lines (1024)."""
_LISTS: Final = (VirtualAddress, Route, Rule, UnicastPeer, Track, LinkbeatInterface, UpDownDelay)
_BRACED_TEXTS: Final = frozenset({"notification_email", "group"})


class InexpressibleError(ConfigError):
    """keepalived has no words for it; the text says what."""


def render_keepalived(config: Config) -> str:
    """Reading it again gives an equal configuration. ``address_loss``, ``handover`` and ``garp_form`` become comments.

    Raises InexpressibleError for values that its language cannot hold, such as a quotation mark in a name.
    """
    defaults = own_weights(config)
    blocks = ["\n".join(_section(section, defaults)) for section in sections(config)]
    text = "\n\n".join(block for block in blocks if block)
    if any(len(line.encode(errors="replace")) > _LINE_LIMIT for line in text.split("\n")):
        raise InexpressibleError(f"keepalived ignores lines of more than {_LINE_LIMIT} bytes")
    return f"{text}\n" if text else ""


def _section(section: Section, defaults: Defaults) -> Iterator[str]:
    writer = _Writer(section, defaults)
    written = [setting for setting in section.settings if not setting.is_default]
    lines = [line for setting in written for line in writer.lines(setting)]
    if not section.kind:
        yield from lines
    elif lines or section.name:
        yield f"{' '.join(filter(None, (section.kind, section.name and _word(section.name))))} {{"
        yield from (f"    {line}" for line in lines)
        yield "}"


def _word(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    if _UNQUOTABLE.search(text):
        raise InexpressibleError("keepalived's language cannot hold a text with quotation marks in it")
    return f'"{text}"'


def _words(text: str) -> str:
    return " ".join(_word(word) for word in text.split())


def _argument(text: str) -> str:
    """One argument inside a quoted command: as it stands, in ``'...'``, or with C's escapes, which are read twice."""
    if _BARE_ARGUMENT.fullmatch(text):
        return text
    if not (_UNQUOTABLE.search(text) or "'" in text or "\\" in text):
        return f"'{text}'"
    return _ESCAPED.sub(lambda match: f"\\\\{ord(match.group()):03o}", text)


def _command(argv: tuple[str, ...]) -> str:
    return f'"{" ".join(_argument(word) for word in argv)}"'


class _Writer:
    def __init__(self, section: Section, defaults: Defaults) -> None:
        self._section = section
        self._defaults = defaults

    def lines(self, setting: Setting) -> Iterator[str]:
        name, value = setting.keyword.name, setting.value
        special = _SPECIAL.get(name)
        if setting.keyword.ours and name != "reverse":
            yield f"# {name} {text_of(value)} (keepalived has no such word)"
        elif special is not None:
            yield from special(setting)
        elif isinstance(value, Command):
            runner = " ".join(_word(part) for part in (value.user, value.group) if part)
            yield f"{name} {_command(value.argv)} {runner}".rstrip()
        elif isinstance(value, Authentication):
            yield from _block(name, [f"auth_type {value.auth_type}", f"auth_pass {_word(value.password)}"])
        elif isinstance(value, AuthHmac):
            yield from _block(name, _hmac(value))
        elif isinstance(value, tuple):
            yield from self._list(setting, value)
        else:
            yield self._plain(setting)

    def _list(self, setting: Setting, value: tuple[object, ...]) -> Iterator[str]:
        name = setting.keyword.name
        if value and isinstance(value[0], GarpGroup):
            for group in value:
                yield from _garp_group(group)
        elif setting.keyword.shape in {Form.COMMAND, Form.PROCESS}:
            yield f"{name} {_command(tuple(str(word) for word in value))}"
        elif name in _BRACED_TEXTS:
            yield from _block(name, [_word(str(item)) for item in value])
        elif value and isinstance(value[0], _LISTS):
            yield from _block(name, [self._element(item, name) for item in value])
        else:
            yield " ".join([name, *(_word(text_of(item)) for item in value)])

    def _element(self, item: object, keyword: str) -> str:
        if isinstance(item, Track):
            _word(item.name)
            return track_text(item, keyword, self._defaults)
        return _words(text_of(item))

    def _plain(self, setting: Setting) -> str:
        name, value = setting.keyword.name, setting.value
        if value is True:
            return name
        if value is False:
            return f"{name} false"
        if isinstance(value, InitFile | Weight | MailServer) or setting.keyword.shape in _WORDS:
            return f"{name} {_words(text_of(value))}".rstrip()
        if isinstance(value, int | float):
            return f"{name} {number(value)}"
        text = text_of(value)
        return f"{name} {_word(text)}" if text else name


_WORDS: Final = frozenset({Form.FIFO, Form.USER, Form.EXTRA_GARP, Form.VMAC, Form.IPVLAN})


def _block(name: str, lines: list[str]) -> Iterator[str]:
    yield f"{name} {{"
    yield from (f"    {line}" for line in lines)
    yield "}"


def _hmac(hmac: AuthHmac) -> list[str]:
    lines = [f"key {key.key_id} {_word(key.value)}" for key in hmac.keys]
    lines += [f"active_key {hmac.active_key}"] if hmac.active_key is not None else []
    lines += [f"time_window {hmac.time_window}"] if hmac.time_window is not None else []
    return [*lines, f"anti_replay {hmac.anti_replay}", f"mode {hmac.mode}"]


def _garp_group(group: object) -> Iterator[str]:
    if isinstance(group, GarpGroup):
        lines = [f"garp_interval {number(group.garp_interval)}"] if group.garp_interval else []
        lines += [f"gna_interval {number(group.gna_interval)}"] if group.gna_interval else []
        yield "garp_group {"
        yield from (f"    {line}" for line in lines)
        yield from (f"    {line}" for line in _block("interfaces", list(group.interfaces)))
        yield "}"


def _accept(setting: Setting) -> Iterator[str]:
    yield "accept" if setting.value else "no_accept"


def _umask(setting: Setting) -> Iterator[str]:
    yield f"umask 0{setting.value:03o}"


def _param_match(setting: Setting) -> Iterator[str]:
    yield "param_match" if setting.value == "exact" else f"param_match {setting.value}"


def _quorum(setting: Setting) -> Iterator[str]:
    if setting.value:
        yield f"quorum {setting.value}"


def _only(other: str) -> Callable[[Setting], Iterator[str]]:
    """keepalived: ``vrrp`` or ``checker`` alone leaves out the other."""

    def lines(setting: Setting) -> Iterator[str]:
        if setting.value is False:
            yield other

    return lines


def _one_way(setting: Setting) -> Iterator[str]:
    """Words that can only be switched on."""
    if setting.value is False:
        raise InexpressibleError(f"keepalived's language cannot take {setting.keyword.name} back in one instance")
    yield setting.keyword.name


_SPECIAL: Final[Mapping[str, Callable[[Setting], Iterator[str]]]] = {
    "accept": _accept,
    "umask": _umask,
    "param_match": _param_match,
    "quorum": _quorum,
    "vrrp": _only("checker"),
    "checker": _only("vrrp"),
    "check_unicast_src": _one_way,
    "skip_check_adv_addr": _one_way,
}
