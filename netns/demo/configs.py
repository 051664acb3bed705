"""The configurations of the two nodes: the examples of the documentation, or a file and what is made of it."""

import re
from pathlib import Path
from typing import Final

from netns.demo.promises import UnusableConfigError
from netns.host import INTERFACE
from vrrpd.config.keepalived.context import ReadContext
from vrrpd.config.language import is_keepalived, read_any
from vrrpd.config.model import Config

EXAMPLES: Final = Path(__file__).resolve().parents[2] / "docs" / "examples"
TOML: Final = "toml"
KEEPALIVED: Final = "keepalived"
FIRST: Final = {TOML: EXAMPLES / "vi1.toml", KEEPALIVED: EXAMPLES / "keepalived.conf"}

_SETTING: Final = r"^(\s*{}\s*[= \t]\s*)(\S+)"
_STATE: Final = re.compile(_SETTING.format("state"), re.MULTILINE)
_PRIORITY: Final = re.compile(_SETTING.format("priority"), re.MULTILINE)
_INTERFACE: Final = re.compile(_SETTING.format("interface"), re.MULTILINE)


def read(path: Path) -> Config:
    """Either language. Raises UnusableConfigError with every fault in the file."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnusableConfigError(f"cannot read {path}: {error.strerror}") from None
    config, diagnostics, _ = read_any(content, str(path), ReadContext(directory=str(path.parent)))
    if config is None:
        raise UnusableConfigError("\n".join(str(diagnostic) for diagnostic in diagnostics))
    return config


def first_node(language: str, file: Path | None) -> Path:
    """The file as it is. Raises UnusableConfigError when it is in another language, or for another interface."""
    path = FIRST[language] if file is None else file.absolute()
    interfaces = {instance.interface for instance in read(path).vrrp_instances}
    if is_keepalived(path.read_bytes(), str(path)) != (language == KEEPALIVED):
        raise UnusableConfigError(f"{path} is not in the language that --config-language says: {language}")
    if interfaces != {INTERFACE}:
        raise UnusableConfigError(f"the nodes of the demonstration have the interface {INTERFACE} only")
    return path


def second_node(text: str) -> str:
    """The first node's file for the second one: state BACKUP, priority one less, its own interface; nothing else."""
    text = _STATE.sub(lambda found: found[1] + found[2].replace("MASTER", "BACKUP"), text, count=1)
    text = _PRIORITY.sub(lambda found: found[1] + str(int(found[2]) - 1), text, count=1)
    return _INTERFACE.sub(lambda found: found[1] + re.sub(r"[\w.-]+", INTERFACE, found[2]), text, count=1)


def configs(language: str, file: Path | None, directory: Path) -> tuple[Path, Path]:
    """Both nodes' files; the second one's is written into ``directory``."""
    first = first_node(language, file)
    second = directory / f"second-node{first.suffix}"
    second.write_text(second_node(first.read_text(encoding="utf-8")), encoding="utf-8")
    return first, second
