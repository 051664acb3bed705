"""What status says of an instance, line by line."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.control.samples import sample_instance, sample_status
from vrrpd.cli.status_view import (
    HEADINGS,
    all_serving,
    clock,
    contenders,
    daemon_line,
    duration,
    notes_of,
    printable,
    row_of,
    static_lines,
)
from vrrpd.control.status import AddressStatus, InstanceStatus, PeerStatus, StateName


def cell(instance: InstanceStatus, heading: str) -> str:
    return row_of(instance).cells[HEADINGS.index(heading)]


def backup() -> InstanceStatus:
    instance = sample_instance()
    instance["state"] = "BACKUP"
    instance["master"] = {"address": "192.168.1.2", "priority": 105, "self": False, "heard_ago": 0.42}
    instance["addresses"][0]["present"] = False
    return instance


def peer(**changes: float) -> PeerStatus:
    return {
        "address": "192.168.1.3",
        "priority": int(changes.get("priority", 90)),
        "interval": changes.get("interval", 1.0),
        "heard_ago": changes.get("heard_ago", 0.3),
        "checksum_form": "pseudo_header",
    }


def test_a_calm_master() -> None:
    instance = sample_instance()
    started = time.strftime("%H:%M:%S", time.localtime(instance["since"]))
    assert row_of(instance).cells == (
        *("VI_1", "MASTER", f"{started} (3 min 4 s)", "101 -> 103", "this node", "1/1"),
        "no advert from 192.168.1.2 for 3.60 s",
    )
    assert not row_of(instance).alarming
    notes = notes_of(instance, everything=False)
    assert notes.urgent == notes.calm == ()


@pytest.mark.parametrize(
    ("answers", "missed", "said"),
    [
        (None, 0, "192.168.1.2 has not answered yet (ARP)"),
        (True, 0, "192.168.1.2 answers (ARP, last answer 2.5 s ago)"),
        (True, 1, "192.168.1.2 answers (ARP, last answer 2.5 s ago, 1 missed)"),
        (False, 3, "192.168.1.2 has left 3 requests unanswered (ARP, last answer 2.5 s ago)"),
    ],
)
def test_who_is_asked_whether_it_lives(answers: bool | None, missed: int, said: str) -> None:
    instance = backup()
    ago = None if answers is None else 2.5
    instance["probe"] = {
        "host": "192.168.1.2", "how": "ARP", "answers": answers, "missed": missed, "answered_ago": ago,
    }  # fmt: skip
    assert f"fast failover: {said}" in notes_of(instance, everything=True).calm
    assert notes_of(instance, everything=False).calm == ()


def test_nobody_is_asked_for_a_while() -> None:
    instance = backup()
    instance["timers"]["probe_rest"] = 43.0
    instance["statistics"]["wrong_takeovers"] = 2
    (line,) = notes_of(instance, everything=False).calm
    assert line == "fast failover: after 2 wrong takeovers no host is asked for another 43 s"


def test_a_calm_backup() -> None:
    instance = backup()
    instance["effective_priority"] = 101
    assert cell(instance, "PRIORITY") == "101"
    assert cell(instance, "MASTER") == "192.168.1.2 (105), heard 0.4 s ago"
    assert cell(instance, "VIPS HERE") == "0/1"
    assert not row_of(instance).alarming


@pytest.mark.parametrize(("state", "words"), [("BACKUP", "unknown"), ("FAULT", "-"), ("INIT", "-")])
def test_no_master_known(state: StateName, words: str) -> None:
    instance = backup()
    instance["state"] = state
    instance["master"] = None
    assert cell(instance, "MASTER") == words


def test_without_a_detail_the_reason_stands_in_words() -> None:
    instance = sample_instance()
    instance["detail"] = ""
    assert cell(instance, "REASON") == "master down"


def test_a_missing_address_of_a_master_is_an_alarm() -> None:
    instance = sample_instance()
    missing = AddressStatus(address="192.168.1.101/32", device="eth1", present=False, duplicate=False)
    instance["addresses"].append(missing)
    assert cell(instance, "VIPS HERE") == "1/2"
    assert row_of(instance).alarming
    assert notes_of(instance, everything=False).urgent == ("address 192.168.1.101/32 is missing from eth1",)


@pytest.mark.parametrize("state", ["BACKUP", "FAULT", "INIT"])
def test_an_address_that_another_state_holds_is_an_alarm(state: StateName) -> None:
    instance = backup()
    instance["state"] = state
    instance["addresses"][0]["present"] = True
    assert row_of(instance).alarming
    assert notes_of(instance, everything=False).urgent == (
        f"address 192.168.1.100/32 is on, though this node is {state}: eth0",
    )


def test_two_masters() -> None:
    instance = sample_instance()
    instance["peers"] = [peer()]
    assert cell(instance, "STATE") == "MASTER (contested)"
    assert notes_of(instance, everything=False).urgent == (
        "contested: 192.168.1.3 says it is master too, with priority 90, heard 0.3 s ago",
    )


@pytest.mark.parametrize(
    ("change", "state", "contested"),
    [
        ({}, "MASTER", True),
        ({"heard_ago": 2.9}, "MASTER", True),
        ({"heard_ago": 3.1}, "MASTER", False),
        ({"heard_ago": 0.04, "interval": 0.01}, "MASTER", False),
        ({"heard_ago": 200.0, "interval": 100.0}, "MASTER", False),
        ({"priority": 0}, "MASTER", False),
        ({}, "BACKUP", False),
        ({}, "FAULT", False),
    ],
)
def test_who_counts_as_a_second_master(change: dict[str, float], state: StateName, contested: bool) -> None:
    """Heard lately, since we became master, and not resigning."""
    instance = sample_instance()
    instance["state"] = state
    instance["peers"] = [peer(**change)]
    assert bool(contenders(instance)) == contested


def test_faults_and_failed_trackers_are_always_told() -> None:
    instance = sample_instance()
    instance["faults"] = [{"reason": "link_down", "name": "eth0"}, {"reason": "maintenance", "name": ""}]
    instance["waiting_for"] = ["chk_a", "chk_b"]
    instance["trackers"] += [
        {"name": "chk_b", "kind": "script", "status": "down", "detail": "exit 1", "weight": 0, "reverse": False},
        {"name": "eth1", "kind": "interface", "status": "unknown", "detail": "", "weight": -20, "reverse": True},
    ]
    notes = notes_of(instance, everything=False)
    assert notes.urgent == ("fault: link down: eth0", "fault: maintenance")
    assert notes.calm == (
        "waiting for the first result of chk_a, chk_b",
        "script chk_b is down, exit 1 (failure is FAULT)",
        "interface eth1 is unknown (weight -20, reversed)",
    )


def test_everything() -> None:
    instance = sample_instance()
    instance["peers"] = [peer(heard_ago=3.8)]
    assert notes_of(instance, everything=True).calm == (
        "script chk_haproxy is up, exit 0 (weight 2)",
        "advertisements come from 192.168.1.1",
        "peer 192.168.1.3: priority 90, every 1 s, heard 3.8 s ago, checksum pseudo header",
        "timer advert: 0.4 s left",
        "counters: adverts sent 184, dropped bad ttl 1",
    )


def test_the_exit_code_depends_on_states_alone() -> None:
    faulty = sample_instance()
    faulty["state"] = "FAULT"
    waiting = sample_instance()
    waiting["state"] = "INIT"
    assert all_serving(sample_status(sample_instance(), backup()))
    assert not all_serving(sample_status(sample_instance(), faulty))
    assert not all_serving(sample_status(waiting, backup()))


def test_the_daemon_line() -> None:
    line = "vrrpd 0.1.0, pid 1234 (worker 1235), up 3 h 5 min, /etc/vrrpd/vi1.toml"
    assert daemon_line(sample_status()) == line


def test_the_daemon_line_without_a_supervisor() -> None:
    status = sample_status()
    status["daemon"]["worker_pid"] = status["daemon"]["pid"]
    assert daemon_line(status) == "vrrpd 0.1.0, pid 1234, up 3 h 5 min, /etc/vrrpd/vi1.toml"


def test_the_daemon_line_says_how_often_its_worker_was_replaced() -> None:
    status = sample_status()
    deaths = status["daemon"]["worker_deaths"]
    deaths.append({"at": time.time() - 7201.0, "pid": 1230, "how": "was killed by SIGKILL"})
    assert daemon_line(status).endswith(", worker replaced once (last: was killed by SIGKILL, 2 h 0 min ago)")
    deaths.append({"at": time.time() - 61.0, "pid": 1233, "how": "stopped because of a defect"})
    assert daemon_line(status).endswith(", worker replaced 2 times (last: stopped because of a defect, 1 min 1 s ago)")


def test_the_daemon_line_says_that_an_upgrade_was_refused_and_why() -> None:
    status = sample_status()
    why = ["Traceback (most recent call last):", "RuntimeError: half installed"]
    status["daemon"]["refused_upgrade"] = {"at": time.time() - 61.0, "version": "1.3.0", "why": why}
    assert daemon_line(status).endswith(", upgrade to 1.3.0 refused 1 min 1 s ago: RuntimeError: half installed")
    status["daemon"]["refused_upgrade"] = {"at": time.time() - 61.0, "version": "", "why": []}
    assert daemon_line(status).endswith(", upgrade to what is installed refused 1 min 1 s ago: nobody knows why")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-0.1, "0.0 s"),
        (0.04, "0.0 s"),
        (0.42, "0.4 s"),
        (9.94, "9.9 s"),
        (10.0, "10 s"),
        (59.9, "59 s"),
        (60.0, "1 min 0 s"),
        (3599.0, "59 min 59 s"),
        (3600.0, "1 h 0 min"),
        (86399.0, "23 h 59 min"),
        (86400.0, "1 d 0 h"),
        (8640000.0, "100 d 0 h"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_date_stands_there_when_the_time_alone_would_mislead() -> None:
    assert re.fullmatch(r"\d\d:\d\d:\d\d", clock(1767268803, 43000))
    assert re.fullmatch(r"2026-01-01 \d\d:\d\d", clock(1767268803, 43300))


@given(st.text())
def test_no_name_reaches_the_terminal_raw(name: str) -> None:
    instance = sample_instance()
    instance["name"] = instance["detail"] = name
    instance["faults"] = [{"reason": "link_down", "name": name}]
    notes = notes_of(instance, everything=True)
    for text in (*row_of(instance).cells, notes.heading, *notes.urgent, *notes.calm):
        assert text.isprintable()
    assert printable("eth0 ü") == "eth0 ü"


@pytest.mark.parametrize(
    ("state", "unable", "timers", "said"),
    [
        ("BACKUP", (1, 57.3, 0.0), {}, ": for another 57 s it preempts nobody, and waits longer when a master resigns"),
        (
            "MASTER", (3, 0.0, 119.0), {"settled": 9.0},
            ", 3 times in a row: that did not help, and it stays MASTER for another 1 min 59 s all the same",
        ),
        ("MASTER", (1, 0.0, 0.0), {"settled": 8.4}, ": well again in 8.4 s, if nothing fails"),
        ("BACKUP", (2, 0.0, 0.0), {}, ", 2 times in a row: it has not shown since that it can"),
    ],
)  # fmt: skip
def test_who_could_not_serve(
    state: StateName, unable: tuple[int, float, float], timers: dict[str, float], said: str
) -> None:
    instance = sample_instance() if state == "MASTER" else backup()
    handed_over, holds_back, stays = unable
    instance["unable"] = {"handed_over": handed_over, "holds_back": holds_back, "stays": stays}
    instance["timers"] |= timers
    assert notes_of(instance, everything=False).urgent == (f"could not serve its addresses and handed over{said}",)


def test_static_addresses_that_are_not_where_they_belong() -> None:
    status = sample_status()
    status["static_addresses"] = [
        AddressStatus(address="10.5.0.1/24", device="eth0", present=True, duplicate=False),
        AddressStatus(address="10.5.1.1/24", device="eth1", present=False, duplicate=False),
        AddressStatus(address="fd05::1/64", device="eth0", present=False, duplicate=True),
    ]
    there, missing, duplicate = static_lines(status, everything=True)
    assert there == "static address 10.5.0.1/24 is on eth0"
    assert missing == "static address 10.5.1.1/24 is missing from eth1"
    assert duplicate == "static address fd05::1/64 is not used, because another host has it, on eth0"
    assert static_lines(status, everything=False) == (missing, duplicate)


def test_a_duplicate_virtual_address_is_named() -> None:
    instance = sample_instance()
    instance["addresses"] = [AddressStatus(address="fd05::1/64", device="eth0", present=False, duplicate=True)]
    assert notes_of(instance, everything=False).urgent == (
        "address fd05::1/64 is not used, because another host has it, on eth0",
    )
