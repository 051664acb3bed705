"""The TOML language of configuration: keepalived's keywords, one to one, as ``docs/configuration.md`` has them."""

import tomllib
from collections.abc import Mapping

from vrrpd.config.assemble import Assembled, Block, assemble
from vrrpd.config.diagnostics import Diagnostic, Location, Report, has_errors
from vrrpd.config.keywords import BLOCKS, NAMELESS, TOP_LEVEL
from vrrpd.config.model import Config
from vrrpd.config.positions import Path, scan
from vrrpd.config.syntax import syntax_errors
from vrrpd.config.toml_values import TableReader, kind_of
from vrrpd.config.values import shortened
from vrrpd.records import dataclass


@dataclass(frozen=True, slots=True)
class Parsed:
    """What could be read of a text (nothing, if it is not TOML), and everything there is to say about it so far."""

    assembled: Assembled
    diagnostics: tuple[Diagnostic, ...]
    is_toml: bool = True


def read(text: str, file: str) -> tuple[Config | None, tuple[Diagnostic, ...]]:
    """The configuration in a TOML text; None when there are errors. ``file`` is its name in messages; never raises.

    What one keyword says about another is not looked at here; see ``load.read_config``.
    """
    parsed = parse(text, file)
    return (None if has_errors(parsed.diagnostics) else parsed.assembled.config), parsed.diagnostics


def parse(text: str, file: str) -> Parsed:
    report = Report()
    try:
        document = tomllib.loads(text)
    except RecursionError:
        report.error(Location(file, 1, 1), "syntax", "lists or tables are nested too deeply in this file")
    except ValueError as error:
        report.extend(syntax_errors(text, file, str(error)))
    else:
        blocks = DocumentReader(scan(text), file, report).blocks(document)
        return Parsed(assemble(blocks, report), report.diagnostics)
    return Parsed(Assembled(Config()), report.diagnostics, is_toml=False)


class DocumentReader(TableReader):
    """Reads a whole document, of TOML or of what has the same values."""

    def blocks(self, document: Mapping[str, object]) -> list[Block]:
        top = {word: value for word, value in document.items() if word in TOP_LEVEL}
        found = [self.filled(Block("", "", Location(self._file, 1, 1)), TOP_LEVEL, top, ())]
        for kind, value in document.items():
            if kind in TOP_LEVEL:
                continue
            if kind not in BLOCKS:
                self.unknown(kind, "", value, (kind,))
            elif not isinstance(value, dict):
                self._not_a_table(kind, value)
            elif kind in NAMELESS:
                found.append(self._block(kind, "", value, (kind,)))
            else:
                found += self._named_blocks(kind, value)
        return found

    def _not_a_table(self, kind: str, value: object) -> None:
        write = f"[{kind}]" if kind in NAMELESS else f"[{kind}.NAME]"
        self.report.error(
            self.key((kind,)), "wrong-type", f"{kind} is {kind_of(value)} here", expected="a table", write=write
        )

    def _named_blocks(self, kind: str, tables: Mapping[str, object]) -> list[Block]:
        found = []
        for name, value in tables.items():
            path = (kind, name)
            if isinstance(value, dict):
                self._check_name(kind, name, path)
                found.append(self._block(kind, name, value, path))
            else:
                self.report.error(
                    self.key(path),
                    "missing-name",
                    f"{shortened(name)} stands in a {kind} without a name",
                    expected=f"each {kind} to have a name",
                    write=f"[{kind}.{'VI_1' if kind == 'vrrp_instance' else 'chk_1'}] above it",
                )
                break
        return found

    def _check_name(self, kind: str, name: str, path: Path) -> None:
        if not name or not name.isprintable() or len(name) > 255:
            self.report.error(
                self.key(path),
                "bad-name",
                f"this cannot be the name of a {kind}",
                expected="1 to 255 visible characters",
            )

    def _block(self, kind: str, name: str, table: Mapping[str, object], path: Path) -> Block:
        return self.filled(Block(kind, name, self.key(path)), BLOCKS[kind], table, path)
