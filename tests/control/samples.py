"""A status result with one calm MASTER, to be changed by tests."""

from vrrpd.control.status import InstanceStatus, StatusResult


def sample_instance() -> InstanceStatus:
    return {
        "name": "VI_1",
        "state": "MASTER",
        "since": 1767268803.5,
        "state_seconds": 184.2,
        "reason": "master_down",
        "detail": "no advert from 192.168.1.2 for 3.60 s",
        "interface": "eth0",
        "virtual_router_id": 51,
        "family": 4,
        "version": 2,
        "base_priority": 101,
        "effective_priority": 103,
        "source": "192.168.1.1",
        "master": {"address": "192.168.1.1", "priority": 103, "self": True, "heard_ago": None},
        "addresses": [{"address": "192.168.1.100/32", "device": "eth0", "present": True, "duplicate": False}],
        "faults": [],
        "waiting_for": [],
        "trackers": [
            {"name": "chk_haproxy", "kind": "script", "status": "up", "detail": "exit 0", "weight": 2, "reverse": False}
        ],
        "timers": {"advert": 0.4},
        "peers": [],
        "silent_peers": [],
        "lingering": [],
        "unable": None,
        "rival": None,
        "probe": None,
        "statistics": {"adverts_sent": 184, "dropped": {"bad_ttl": 1}},
    }


def sample_status(*instances: InstanceStatus) -> StatusResult:
    return {
        "daemon": {
            "version": "0.1.0",
            "pid": 1234,
            "worker_pid": 1235,
            "uptime": 11100.0,
            "config": "/etc/vrrpd/vi1.toml",
            "worker_deaths": [],
            "refused_upgrade": None,
            "scheduling": "nice 0",
        },
        "instances": list(instances) or [sample_instance()],
        "groups": [],
        "static_addresses": [],
    }
