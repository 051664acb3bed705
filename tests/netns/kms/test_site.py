"""The whole of it, small: keys through the virtual address and back from each node, and a balancer's HAProxy killed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from netns import registry
from netns.kms.clients import HEALTH, KMIP, Pace
from netns.kms.record import Happening
from netns.kms.site import Site, missing
from netns.kms.waiting import wait_until

pytestmark = pytest.mark.netns
PATIENCE = 20.0


@pytest.fixture
def told() -> list[Happening]:
    return []


@pytest.fixture
def site(told: list[Happening]) -> Iterator[Site]:
    if missing():
        pytest.skip(f"needs {missing()}")
    with Site(told=told.append, pace=Pace(kmip=0.1, health=0.1, connect=0)) as made:
        directories = [made.lab.directory, made.shared.directory]
        namespaces = [path for path in registry.NAMESPACES.iterdir() if path.name.startswith(f"{made.lab.name}-")]
        yield made
    assert namespaces
    assert not [path for path in (*directories, *namespaces) if Path(path).exists()]


@pytest.mark.slow
def test_keys_survive_what_happens_to_a_balancer(site: Site, told: list[Happening]) -> None:
    first, second = site.balancers.values()
    assert site.holders() == [first.name]
    each_node_was_asked(site)
    first.kill_haproxy()
    site.await_holder(second.name)
    first.start_haproxy()
    site.await_holder(first.name)
    site.clients.wait_until_served()
    haproxy_is_heard(site, told)
    keys = site.clients.read_back_all()
    assert keys.acknowledged > 0
    assert (keys.read_back, keys.lost) == (keys.acknowledged, 0)
    assert any(outage.end is not None for outage in site.clients.outages(client=HEALTH))
    holds = [(happening.where, happening.what) for happening in told if happening.kind == "holder"]
    assert holds[0] == (first.name, "holds")
    assert (second.name, "holds") in holds
    assert not [error for error in site.clients.errors(client=KMIP) if error.what.startswith("answer")]


def haproxy_is_heard(site: Site, told: list[Happening]) -> None:
    balancer = next(iter(site.balancers.values()))
    balancer.ask_haproxy("set server kmip_backend/kms2 health down")
    wait_until(
        lambda: ("server", balancer.name, "kms2 DOWN") in {(news.kind, news.where, news.what) for news in list(told)},
        PATIENCE,
        lambda: f"nobody told that kms2 is DOWN: {told[-5:]}",
    )


def each_node_was_asked(site: Site) -> None:
    """Keys are made through one node and read through another."""
    balancer = next(iter(site.balancers.values()))
    wait_until(
        lambda: all(server.total >= 4 for server in balancer.servers().values()),
        PATIENCE,
        lambda: f"not every KMS node is asked: {balancer.servers()}",
    )
    assert set(balancer.server_states().values()) == {"UP"}
