"""A configuration as JSON, for programs: the tables and keywords of TOML, in JSON's signs."""

import json
import tomllib

from vrrpd.config.assemble import assemble
from vrrpd.config.diagnostics import Diagnostic, Location, Report, has_errors
from vrrpd.config.model import Config
from vrrpd.config.positions import Positions
from vrrpd.config.toml import DocumentReader
from vrrpd.config.toml_writer import render_toml


def render_json(config: Config) -> str:
    """Reading it again with ``read_json`` gives an equal configuration."""
    return json.dumps(tomllib.loads(render_toml(config)), indent=2, ensure_ascii=False) + "\n"


def read_json(text: str, file: str) -> tuple[Config | None, tuple[Diagnostic, ...]]:
    """As ``toml.read``. What is wrong is named by its keyword: values in JSON have no places in the file."""
    report = Report()
    start = Location(file, 1, 1)
    try:
        document = json.loads(text)
    except RecursionError:
        report.error(start, "syntax", "lists or objects are nested too deeply in this file")
        return None, report.diagnostics
    except json.JSONDecodeError as error:
        report.error(Location(file, error.lineno, error.colno), "syntax", f"this is not JSON: {error.msg}")
        return None, report.diagnostics
    if not isinstance(document, dict):
        report.error(start, "wrong-type", "a configuration in JSON is an object", expected='{"vrrp_instance": {...}}')
        return None, report.diagnostics
    config = assemble(DocumentReader(Positions(""), file, report).blocks(document), report).config
    return (None if has_errors(report.diagnostics) else config), report.diagnostics
