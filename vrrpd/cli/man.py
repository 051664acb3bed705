"""The manual pages, made of what the commands and the table of keywords say: ``python -m vrrpd.cli.man DIRECTORY``."""

import inspect
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from vrrpd import __version__
from vrrpd.cli.lazy import DocumentedCommand, Section
from vrrpd.cli.main import COMMANDS, SECTIONS, vrrpd
from vrrpd.cli.roff import Page
from vrrpd.config.keywords import BLOCKS, TABLES, Keyword, expected

_SOURCE = f"vrrpd {__version__}"
_ENVIRONMENT = Section("Environment", (("NO_COLOR", "When set to anything, no output is coloured."),))
_SIGNALS = Section(
    "Signals",
    (
        ("SIGTERM, SIGINT", "Hand over to the other nodes, remove the virtual addresses, and end. Twice: at once."),
        ("SIGHUP", "Read the configuration again; with an error in it the old one goes on, and the log says why."),
        ("SIGUSR1", "Write keepalived.data, the state of everything, to $TMPDIR or /tmp."),
        ("SIGUSR2", "Write keepalived.stats, the counters."),
        ("SIGRTMIN+2", "Write keepalived.json."),
        ("SIGRTMAX-1", "Write keepalived.stats, then begin to count anew."),
    ),
)
_EXAMPLE = """
[vrrp_script.chk_haproxy]
script = "killall -0 haproxy"
interval = 2
weight = 2

[vrrp_instance.VI_1]
interface = "eth0"
virtual_router_id = 51
priority = 101
virtual_ipaddress = ["192.168.1.100"]
track_script = ["chk_haproxy"]
"""
_BLOCK_TITLES: Mapping[str, tuple[str, str]] = {
    "": ("Outside all tables", "Before the first table."),
    "global_defs": ("[global_defs]", "What holds for every instance. At most once in a file."),
    "vrrp_script": ("[vrrp_script.NAME]", "A health check: a program that is run again and again."),
    "vrrp_instance": ("[vrrp_instance.NAME]", "A virtual router: the addresses that one of several nodes holds."),
    "track_file": ("[track_file.NAME]", "A file with a number that counts."),
    "vrrp_track_process": ("[vrrp_track_process.NAME]", "Processes that must run."),
    "bfd_instance": ("[bfd_instance.NAME]", "A BFD session that must be up."),
    "vrrp_sync_group": ("[vrrp_sync_group.NAME]", "Instances that are master together or not at all."),
    "track_group": ("[track_group.NAME]", "Instances that fault when something static is lost."),
    "authentication": ("authentication = { ... }", "Of a vrrp_instance."),
    "auth_hmac": ("auth_hmac = { ... }", "Of a vrrp_instance."),
    "fast_failover": ("fast_failover = { ... }", "Of a vrrp_instance, or of global_defs."),
    "garp_group": ("[[garp_group]]", "Outside all tables, as often as needed."),
    "virtual_ipaddress": (
        "virtual_ipaddress = [{ ... }]",
        'An address as a table. The same as a text: "192.168.1.100/24 dev eth0 label eth0:1 scope link brd +".',
    ),
    "track": (
        "track_script = [{ ... }], track_interface = [{ ... }]",
        'A tracker as a table. The same as a text: "chk_haproxy weight 2 reverse".',
    ),
    "command": ("notify = { ... }", "A command as a table; also notify_master, _backup, _fault and _stop."),
}


def pages() -> Mapping[str, str]:
    """File name and text of each manual page."""
    return {"vrrpd.8": _program_page(), "vrrpd.toml.5": _file_page()}


def _program_page() -> str:
    page = Page("vrrpd", 8, "VRRP for Linux: failover of virtual IP addresses", _SOURCE, "System Administration")
    context = vrrpd.make_context("vrrpd", [], resilient_parsing=True)
    page.heading("SYNOPSIS")
    page.synopsis("vrrpd", "--config FILE [OPTIONS]")
    for name in COMMANDS:
        page.synopsis(*_usage(context, name))
    page.heading("DESCRIPTION")
    page.paragraphs(inspect.cleandoc(vrrpd.help or ""))
    page.heading("OPTIONS")
    page.terms(_options(vrrpd, context))
    page.heading("COMMANDS")
    for name in COMMANDS:
        _describe_command(page, context, name)
    for section in (*SECTIONS, _SIGNALS, _ENVIRONMENT):
        page.heading(section.title.upper())
        page.terms(section.rows)
    page.heading("SEE ALSO")
    page.paragraphs("vrrpd.toml(5), keepalived(8), ip-address(8); RFC 3768 (VRRPv2), RFC 9568 (VRRPv3)")
    return page.text()


def _usage(parent: click.Context, name: str) -> tuple[str, str]:
    command, context = _loaded(parent, name)
    return f"vrrpd {name}", " ".join(command.collect_usage_pieces(context))


def _loaded(parent: click.Context, name: str) -> tuple[click.Command, click.Context]:
    command = COMMANDS[name].load()
    return command, command.make_context(name, [], parent, resilient_parsing=True)


def _describe_command(page: Page, parent: click.Context, name: str) -> None:
    command, context = _loaded(parent, name)
    page.subheading(" ".join(_usage(parent, name)))
    page.paragraphs(inspect.cleandoc(command.help or ""))
    page.terms(_options(command, context))
    if isinstance(command, DocumentedCommand):
        for section in command.sections:
            page.paragraphs(f"{section.title}:")
            page.terms(section.rows)


def _options(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[1]:
            yield record


def _file_page() -> str:
    page = Page("vrrpd.toml", 5, "configuration of vrrpd", _SOURCE, "File Formats")
    page.heading("DESCRIPTION")
    page.paragraphs(
        "vrrpd(8) reads one file in TOML with keepalived's keywords: braces become tables, words become keyword = "
        "value, texts stand in quotation marks. vrrpd check FILE says everything that is wrong with a file, and what "
        "to write instead.\n\nKeywords marked (vrrpd) are not keepalived's. Times are in seconds."
    )
    for name, keywords in TABLES.items():
        title, meaning = _BLOCK_TITLES[name]
        if name in BLOCKS:
            page.heading(title)
        else:
            page.subheading(title)
        page.paragraphs(meaning)
        page.facts((_term(keyword), keyword.meaning.replace("`", ""), _facts(keyword)) for keyword in keywords.values())
    page.heading("EXAMPLE")
    page.example(_EXAMPLE)
    page.heading("SEE ALSO")
    page.paragraphs("vrrpd(8), keepalived.conf(5)")
    return page.text()


def _term(keyword: Keyword) -> str:
    return f"{keyword.name} (vrrpd)" if keyword.ours else keyword.name


def _facts(keyword: Keyword) -> Sequence[tuple[str, str]]:
    facts = [("value", expected(keyword.shape))]
    if keyword.required:
        facts.append(("default", "none: it must be given"))
    elif keyword.default:
        facts.append(("default", keyword.default))
    if keyword.example:
        facts.append(("example", f"{keyword.name} = {keyword.example}"))
    return facts


def main() -> None:
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (directory / name).write_text(text)


if __name__ == "__main__":
    main()
