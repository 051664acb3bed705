"""Into a network namespace by its name, in a process of its own."""

import errno
import os
import subprocess
import sys

import pytest

from tests.linux.namespaces import Namespace
from vrrpd.errors import LinuxError
from vrrpd.linux.namespace import enter_network


@pytest.mark.netns
def test_what_is_opened_afterwards_is_opened_there(namespace: Namespace) -> None:
    namespace.ip("link", "add", "inside", "type", "veth", "peer", "name", "outside")
    program = (
        "import socket, sys\n"
        "from vrrpd.linux.namespace import enter_network\n"
        "enter_network(sys.argv[1])\n"
        "print(*sorted(name for _, name in socket.if_nameindex()))\n"
    )
    argv = [sys.executable, "-c", program, namespace.name]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["inside", "lo", "outside"]


@pytest.mark.parametrize("name", ["", ".", "..", "../../proc/1/ns/net", "a/b", "a\0b"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(LinuxError) as caught:
        enter_network(name)
    assert caught.value.errno == errno.EINVAL


def test_a_namespace_that_does_not_exist() -> None:
    with pytest.raises(LinuxError, match=f"enter network namespace vrrpd-none-{os.getpid()}: ENOENT"):
        enter_network(f"vrrpd-none-{os.getpid()}")
