"""The command line as click has it: ``vrrpd --config FILE`` runs the daemon, the commands look at files and daemons."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from vrrpd import __version__
from vrrpd.cli.lazy import LazyCommand, LazyGroup, Section

if TYPE_CHECKING:
    from vrrpd.observe.logs import Destination, Form, Level

DEFAULT_RUN_DIR: Final = Path("/run/vrrpd")
LEVELS: Final = ("debug", "info", "warning", "error")
FORMS: Final = ("text", "json")
DESTINATIONS: Final = ("auto", "console", "syslog", "journal")

COMMANDS: Final = {
    "check": LazyCommand("vrrpd.cli.commands.check:check", "Read a configuration and say all that is wrong with it."),
    "config": LazyCommand("vrrpd.cli.commands.config:config", "Look at a configuration: config show FILE."),
    "convert": LazyCommand("vrrpd.cli.commands.convert:convert", "Write a configuration in another language."),
    "maintenance": LazyCommand(
        "vrrpd.cli.commands.maintenance:maintenance", "Keep instances out of the election, or let them back in."
    ),
    "reload": LazyCommand("vrrpd.cli.commands.reload:reload", "Have a running daemon read its configuration again."),
    "replay": LazyCommand("vrrpd.cli.commands.replay:replay_command", "Tell from a journal what happened, and why."),
    "simulate": LazyCommand(
        "vrrpd.cli.commands.simulate:simulate", "Elections among simulated nodes, with faults from a seed."
    ),
    "status": LazyCommand("vrrpd.cli.commands.status:status", "Show the state of every instance of a running daemon."),
    "switchover": LazyCommand("vrrpd.cli.commands.switchover:switchover", "Have another node take over an instance."),
    "upgrade": LazyCommand(
        "vrrpd.cli.commands.upgrade:upgrade", "Have the installed version go on in the running one's place."
    ),
    "version": LazyCommand("vrrpd.cli.commands.version:version", "Show the version, and what it runs on."),
}
SECTIONS: Final = (
    Section(
        "Examples",
        (
            ("vrrpd check vi1.toml", "Is this configuration right? Nothing is started."),
            ("sudo vrrpd --config vi1.toml", "Run it; stop with Ctrl-C."),
            ("vrrpd convert keepalived.conf --to toml", "The same configuration in TOML."),
            ("vrrpd config show keepalived.conf", "What counts, and where each value comes from."),
            ("sudo vrrpd status", "Who is master, since when, and why?"),
            ("vrrpd replay /var/log/vrrpd/journal", "Why did it fail over last night?"),
            ("sudo vrrpd --config b.toml --run-dir /run/vrrpd-b", "A second daemon on this machine."),
            ("sudo vrrpd status --run-dir /run/vrrpd-b", "Ask the second one."),
        ),
    ),
    Section(
        "Instead of keepalived",
        (
            ("vrrpd -n -l -f keepalived.conf", "keepalived's options are understood; vrrpd -n -h lists them."),
            ("vrrpd -t -f keepalived.conf", "Its verdict on a file, with its exit codes."),
            ("ln -s .../vrrpd /usr/sbin/keepalived", "Under this name it behaves as keepalived does."),
        ),
    ),
    Section(
        "Exit codes of the daemon",
        (
            ("0", "It was asked to stop (SIGTERM, SIGINT) and left nothing behind."),
            ("1", "It failed while running; the log says why."),
            ("2", "The command line or the configuration cannot be used."),
            ("3", "The run dir is in use by another vrrpd."),
            ("4", "A privilege is missing: CAP_NET_ADMIN and CAP_NET_RAW are needed."),
            ("6", "There is no configuration file (with keepalived's options only)."),
        ),
    ),
    Section(
        "Files",
        (
            ("/run/vrrpd/control.sock", "What vrrpd status asks; for root and the group of the socket."),
            ("/run/vrrpd/vrrpd.pid", "The daemon's process id, locked while it runs."),
        ),
    ),
    Section(
        "Shell completion",
        (
            ("bash", 'eval "$(_VRRPD_COMPLETE=bash_source vrrpd)"'),
            ("zsh", 'eval "$(_VRRPD_COMPLETE=zsh_source vrrpd)"'),
            ("fish", "_VRRPD_COMPLETE=fish_source vrrpd | source"),
        ),
    ),
)


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    sections=SECTIONS,
    invoke_without_command=True,
    subcommand_metavar="[COMMAND [ARGS]...]",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Run the daemon with this file: TOML, or a keepalived.conf.",
)
@click.option(
    "--run-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    default=DEFAULT_RUN_DIR,
    show_default=True,
    help="Where the daemon has its pid file and control socket. Several daemons need several.",
)
@click.option(
    "--log-level", type=click.Choice(LEVELS), default="info", show_default=True, help="The least that is logged."
)
@click.option(
    "--log-format",
    type=click.Choice(FORMS),
    default="text",
    show_default=True,
    help="Lines for people or for programs.",
)
@click.option(
    "--log-to",
    type=click.Choice(DESTINATIONS),
    default="auto",
    show_default=True,
    help="auto: the journal when systemd started it, else the console (standard error).",
)
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
@click.pass_context
def vrrpd(
    ctx: click.Context,
    config: Path | None,
    run_dir: Path,
    log_level: "Level",
    log_format: "Form",
    log_to: "Destination",
) -> None:
    """Keep addresses alive: when one node fails, another one takes over its virtual IP addresses (VRRP).

    With --config FILE it runs in the foreground until SIGTERM or SIGINT. The commands check files and ask running
    daemons; each explains itself with --help.
    """
    if ctx.invoked_subcommand is not None:
        if config is not None:
            raise click.UsageError(f"--config FILE runs the daemon; leave it out before {ctx.invoked_subcommand}.", ctx)
        ctx.obj = run_dir
        return
    if config is None:
        raise click.UsageError("Nothing to do: give --config FILE to run the daemon, or a command.", ctx)
    from vrrpd.cli.entry import run_daemon
    from vrrpd.daemon.options import DaemonOptions

    ctx.exit(run_daemon(DaemonOptions(config, run_dir, log_level, log_format, log_to)))
