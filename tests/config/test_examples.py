"""The files under docs/examples can be run, and say what they mean."""

from pathlib import Path

import pytest

from tests.config.findings import WARNING, read
from vrrpd.config.load import read_config_bytes
from vrrpd.config.parameters import parameters_of

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
DOCUMENT = EXAMPLES.parent / "configuration.md"
FILES = sorted(path.name for path in EXAMPLES.glob("*.toml"))
SEED = {"vi1.toml", "vi1-backup.toml"}


@pytest.mark.parametrize("name", FILES)
def test_every_example_can_be_run(name: str) -> None:
    config, diagnostics = read_config_bytes((EXAMPLES / name).read_bytes(), name)
    assert config is not None
    warnings = [item.code for item in diagnostics if item.severity is WARNING]
    assert warnings == (["long-password"] if name in SEED else [])
    for router in config.vrrp_instances:
        assert parameters_of(router).vrid == router.virtual_router_id


def test_the_pair_differs_in_state_and_priority_only() -> None:
    first, second = (read((EXAMPLES / name).read_text()) for name in ("vi1.toml", "vi1-backup.toml"))
    assert first.vrrp_scripts == second.vrrp_scripts
    (one,), (other,) = first.vrrp_instances, second.vrrp_instances
    assert (one.state, one.priority, other.state, other.priority) == ("MASTER", 101, "BACKUP", 100)
    differing = [name for name in type(one).__slots__ if getattr(one, name) != getattr(other, name)]
    assert set(differing) - {"origins"} == {"state", "priority"}
    assert one.virtual_router_id == 51
    assert [str(vip.address) for vip in one.virtual_ipaddress] == ["192.168.1.100"]


def test_the_configurations_in_the_document_can_be_run() -> None:
    blocks = [block.partition("```")[0] for block in DOCUMENT.read_text().split("```toml\n")[1:]]
    read(blocks[0])
    assert len(blocks) == 2
    head = '[vrrp_instance.A]\ninterface = "eth0"\nvirtual_router_id = 1\n'
    same = [read(f"{head}{line}") for line in blocks[1].splitlines()]
    assert same[0] == same[1]
