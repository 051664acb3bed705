"""Comparisons of who is told of changes: scripts, named pipes, mail."""

import sys
from pathlib import Path
from typing import Final

from netns.comparison.departures import LAST_WORD, STOPS_AT_ONCE, Departure
from netns.comparison.files import block, instance
from netns.comparison.work import Comparison, Inject, Ip, Run, Start, Step, Stop, Wait

_PIPE: Final = "vrrp_notify_fifo {directory}/fifo"
_BEGIN: Final[tuple[Step, ...]] = (Start("r2"), Wait(1.3), Start("r1"), Wait(1.98))
_END: Final[tuple[Step, ...]] = (Stop("r1"), Wait(1.5), Stop("r2"), Wait(1.3))
_RIVAL: Final = instance("garp_master_delay 0", priority=120)
_CARD: Final = Ip(
    "r1",
    "link add card0 type veth peer name card1",
    *(f"link set {card} {what}" for what in ("addrgenmode none", "up") for card in ("card0", "card1")),
)
_CARD_DOWN: Final = Ip("r1", "link set card1 down")
_CARD_UP: Final = Ip("r1", "link set card1 up")
_MAILBOX: Final = Run(
    "r1", "mailbox", (sys.executable, str(Path(__file__).with_name("mailbox.py")), "2525", "{directory}/told")
)
_SAY: Final = 'echo "$1 as $(stat -c %U:%G /proc/self): $*" >{directory}/told'
_SCRIPTS: Final = (
    "notify_master \"{directory}/say master one 'two words'\"",
    'notify_backup "{directory}/say backup"',
    'notify_fault "{directory}/say fault"',
    'notify_stop "{directory}/say stop"',
    'notify_master_rx_lower_pri "{directory}/say lower"',
    "notify {directory}/generic",
)
_PROGRAMS: Final = {
    "say": _SAY,
    "generic": 'echo "generic $*" >{directory}/told',
    "name": 'echo "name ${0##*/} $*" >{directory}/told',
}

_MAIL_AT_STOP: Final = Departure(
    "mail about the stop",
    "keepalived begins it and ends before it is sent; vrrpd sends it",
    r"vrrpd runs mail .* Stopping .* keepalived does not",
)
_STOP_IN_PIPE: Final = Departure(
    "reader of a pipe at the stop",
    "keepalived ends the script that reads its pipe before that has read the last lines; vrrpd lets it read them",
    r"vrrpd runs read .* STOP .* keepalived does not",
)


def _told(*lines: str, globals_: tuple[str, ...] = ()) -> dict[str, str]:
    """The first node, which tracks an interface, tells."""
    tracked = block("track_interface", "card0")
    return {
        "r1": block("global_defs", _PIPE, *globals_)
        + instance("garp_master_delay 0", "garp_lower_prio_delay 0", tracked, *lines, priority=150),
        "r2": _RIVAL,
    }


def _scripts(name: str, summary: str, keywords: tuple[str, ...], files: dict[str, str], *before: Step) -> Comparison:
    return Comparison(
        name=name,
        summary=summary,
        keywords=keywords,
        files=files,
        work=(
            *(_CARD, *before, Wait(0.3), *_BEGIN),
            *(Inject(priority=50), Wait(1.0), _CARD_DOWN, Wait(1.5), _CARD_UP, Wait(1.5), *_END),
        ),
        departures=(LAST_WORD, STOPS_AT_ONCE),
        programs=_PROGRAMS,
        pipe_in_order=False,
    )


COMPARISONS: Final = (
    _scripts(
        "notify-scripts",
        "scripts with arguments, for each state",
        ("notify_master", "notify_backup", "notify_fault", "notify_stop", "notify_master_rx_lower_pri", "notify"),
        _told(*_SCRIPTS, globals_=("script_user root",)),
    ),
    _scripts(
        "notify-user",
        "scripts run as the user of global_defs, and as users of their own",
        ("script_user",),
        _told(
            'notify_master "{directory}/say master"',
            'notify_backup "{directory}/say backup" daemon',
            'notify_fault "{directory}/say fault" daemon bin',
            "notify {directory}/say",
            globals_=("script_user nobody nogroup",),
        ),
    ),
    _scripts(
        "notify-security",
        "a script that others may change is not run where that is asked for",
        ("enable_script_security",),
        _told(
            'notify_master "{directory}/say master"',
            'notify_backup "{directory}/unsafe"',
            globals_=("script_user root", "enable_script_security"),
        ),
        Run("r1", "unsafe", ("install", "-m", "777", "{directory}/say", "{directory}/unsafe")),
    ),
    _scripts(
        "notify-symlink",
        "a symbolic link is followed before a script is run",
        ("notify_master",),
        _told('notify_master "{directory}/alias"', globals_=("script_user root",)),
        Run("r1", "alias", ("ln", "-s", "name", "{directory}/alias")),
    ),
    Comparison(
        name="notify-fifos",
        summary="two named pipes, one of them with a script that reads it",
        keywords=("notify_fifo", "vrrp_notify_fifo", "vrrp_notify_fifo_script", "vrrp_notify_priority_changes"),
        files={
            "r1": block(
                "global_defs",
                "notify_fifo {directory}/fifo",
                "vrrp_notify_fifo {directory}/other",
                "vrrp_notify_fifo_script {directory}/reader",
                "vrrp_notify_priority_changes true",
                "script_user root",
            )
            + instance("garp_master_delay 0", block("track_interface", "card0 weight -10"), priority=150),
            "r2": _RIVAL,
        },
        work=(_CARD, Wait(0.3), *_BEGIN, _CARD_DOWN, Wait(1.0), _CARD_UP, Wait(1.0), *_END),
        departures=(STOPS_AT_ONCE, _STOP_IN_PIPE),
        programs={"reader": 'while read -r line; do echo "read ${1##*/}: $line" >{directory}/told; done <"$1"'},
    ),
    Comparison(
        name="mail",
        summary="mails about changes",
        keywords=(
            *("router_id", "smtp_alert", "smtp_server", "smtp_connect_timeout"),
            *("notification_email", "notification_email_from"),
        ),
        files=_told(
            "smtp_alert",
            globals_=(
                "router_id LB",
                block("notification_email", "ops@example.org", "noc@example.org"),
                "notification_email_from lb@example.org",
                "smtp_server 127.0.0.1 2525",
                "smtp_connect_timeout 5",
            ),
        ),
        work=(_CARD, _MAILBOX, Wait(0.5), *_BEGIN, _CARD_DOWN, Wait(1.5), _CARD_UP, Wait(1.5), *_END),
        departures=(STOPS_AT_ONCE, _MAIL_AT_STOP),
    ),
)
