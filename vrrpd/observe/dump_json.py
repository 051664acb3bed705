"""``keepalived.json``: one line, keepalived's keys in its order."""

import json
from typing import Final

from vrrpd.config.model import VrrpInstance
from vrrpd.core.effects import State
from vrrpd.observe.dump_counters import counters
from vrrpd.observe.dump_facts import STATE_NUMBERS, DumpFacts, InstanceFacts, ProcessFacts
from vrrpd.observe.dump_words import command_words, excluded_addresses, process_words, virtual_addresses

_AUTH_TYPES: Final = {"PASS": 1, "AH": 2}
HIDDEN: Final = "********"


def json_text(facts: DumpFacts) -> str:
    """Shaped as ``json_version`` says. ``/`` is escaped, as keepalived does."""
    listed = "[" + ",".join(_one_line(_instance(instance, facts)) for instance in facts.instances) + "]"
    if facts.config.global_defs.json_version != 2:
        return f"{listed}\n"
    processes = ",".join(_one_line(_process(process)) for process in facts.processes)
    return f'{{"vrrp":{listed}' + (f',"track_process":[{processes}]' if processes else "") + "}\n"


def _one_line(value: object) -> str:
    """Instance by instance, because other threads stand still meanwhile."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).replace("/", "\\/")


def _instance(facts: InstanceFacts, dump: DumpFacts) -> dict[str, object]:
    return {"data": _data(facts, dump), "stats": counters(facts.view.statistics)}


def _process(facts: ProcessFacts) -> dict[str, object]:
    config = facts.config
    wanted: dict[str, object] = {"min_processes": config.quorum}
    if config.quorum_max is not None:
        wanted["max_processes"] = config.quorum_max
    return {
        "process": config.name,
        **({"parameters": process_words(config)} if config.process[1:] else {}),
        "param_match": config.param_match or "none",
        **wanted,
        "current_processes": facts.count,
        "have_quorum": facts.status,
        "weight": -config.weight if config.reverse else config.weight,
        "terminate_delay": _number(config.terminate_delay),
        "fork_delay": _number(config.fork_delay),
        "fork_delay_timer_running": facts.forking,
        "terminate_delay_timer_running": facts.ending,
        "full_command": config.full_command,
    }


def _data(facts: InstanceFacts, dump: DumpFacts) -> dict[str, object]:
    config, view, garp = facts.config, facts.view, facts.config.garp
    data: dict[str, object] = {
        "iname": config.name,
        "dont_track_primary": int(config.dont_track_primary),
        "skip_check_adv_addr": int(config.skip_check_adv_addr),
        "strict_mode": int(config.strict_mode),
        "vmac_ifname": "",
    }
    if config.interface:
        data["ifp_ifname"] = config.interface
    return data | {
        "master_priority": 0 if view.master is None else view.master.priority,
        "last_transition": round(facts.since, 6),
        "garp_delay": _number(garp.master_delay),
        "garp_refresh": int(garp.master_refresh),
        "garp_rep": garp.master_repeat,
        "garp_refresh_rep": garp.master_refresh_repeat,
        "garp_lower_prio_delay": int(garp.lower_prio_delay),
        "garp_lower_prio_rep": garp.lower_prio_repeat,
        "lower_prio_no_advert": int(config.lower_prio_no_advert),
        "higher_prio_send_advert": int(config.higher_prio_send_advert),
        "vrid": config.virtual_router_id,
        "base_priority": view.base_priority,
        "effective_priority": view.effective_priority,
        "vipset": view.state is State.MASTER and bool(facts.present),
        "promote_secondaries": config.promote_secondaries,
        "adver_int": _number(config.advert_int),
        "master_adver_int": _number(facts.master_interval),
        "accept": int(config.accepts),
        "nopreempt": config.nopreempt,
        "preempt_delay": int(config.preempt_delay),
        "state": STATE_NUMBERS[view.state],
        "wantstate": STATE_NUMBERS[facts.wanted],
        "version": config.version,
        "smtp_alert": config.smtp_alert,
        "notify_deleted": config.notify.announce_deleted,
        **_scripts(config),
        **_lists(facts, dump),
        **_authentication(config),
    }


def _number(seconds: float) -> int | float:
    """As ``%g`` has it: whole seconds without a point."""
    return int(seconds) if float(seconds).is_integer() else float(f"{seconds:g}")


def _scripts(config: VrrpInstance) -> dict[str, object]:
    notify = config.notify
    commands = {
        "script_backup": notify.backup,
        "script_master": notify.master,
        "script_fault": notify.fault,
        "script_stop": notify.stop,
        "script_deleted": notify.deleted,
        "script": notify.generic,
        "script_master_rx_lower_pri": notify.master_rx_lower_pri,
    }
    return {name: command_words(command) for name, command in commands.items() if command is not None}


def _lists(facts: InstanceFacts, dump: DumpFacts) -> dict[str, object]:
    config = facts.config
    scripts = {script.name: command_words(script.command) for script in dump.config.vrrp_scripts}
    lists = {
        "vips": virtual_addresses(facts),
        "evips": excluded_addresses(facts),
        "vroutes": [" ".join(route.words) for route in config.virtual_routes],
        "vrules": [" ".join(rule.words) for rule in config.virtual_rules],
        "track_ifp": [track.name for track in config.track_interface],
        "track_script": [scripts[track.name] for track in config.track_script if track.name in scripts],
        "track_process": [track.name for track in config.track_process],
    }
    return {name: items for name, items in lists.items() if items}


def _authentication(config: VrrpInstance) -> dict[str, object]:
    if config.authentication is None:
        return {"auth_type": 0}
    return {"auth_type": _AUTH_TYPES[config.authentication.auth_type], "auth_data": HIDDEN}
