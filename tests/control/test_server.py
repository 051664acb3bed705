"""The control server with clients that behave, over real sockets."""

import json
import os
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from tests.control.serving import ends, read_line, serving
from vrrpd.control.client import RefusedError
from vrrpd.control.commands import Access, Caller, Command, command_table
from vrrpd.control.protocol import Request, encode_request
from vrrpd.control.server import ControlServer
from vrrpd.errors import ControlError


def ask(connection: socket.socket, line: bytes) -> dict[str, object]:
    connection.sendall(line)
    reply = json.loads(read_line(connection))
    assert isinstance(reply, dict)
    return reply


def code_of(reply: dict[str, object]) -> object:
    error = reply["error"]
    assert isinstance(error, dict)
    return error["code"]


def test_a_command_with_arguments(tmp_path: Path) -> None:
    with serving(tmp_path / "s") as it:
        assert it.client().call("echo", name="VI_1", n=[1, None]) == {
            "args": {"name": "VI_1", "n": [1, None]},
            "uid": os.geteuid(),
        }
        name, args, caller = it.calls[0]
        assert (name, args) == ("echo", {"name": "VI_1", "n": [1, None]})
        assert (caller.pid, caller.uid, caller.gid) == (os.getpid(), os.geteuid(), os.getegid())
        assert sorted(caller.groups) == sorted(os.getgroups())
    assert not (tmp_path / "s").exists()


def test_help_lists_every_command(tmp_path: Path) -> None:
    with serving(tmp_path / "s") as it:
        rows = it.client().call("help")["commands"]
    assert isinstance(rows, list)
    assert {"name": "change", "access": "change", "help": "Change something."} in rows
    assert [row["name"] for row in rows] == ["echo", "big", "change", "fail", "defect", "not json", "help"]


@pytest.mark.parametrize(
    ("command", "args", "code", "text"),
    [
        ("chnage", {}, "unknown_command", "chnage"),
        ("x" * 60_000, {}, "unknown_command", "x" * 100 + ";"),
        ("change", {"force": True}, "bad_arguments", "force"),
        ("big", {"size": "1"}, "bad_arguments", "integer"),
        ("fail", {}, "failed", "eth0 is gone"),
    ],
)
def test_refusals(tmp_path: Path, command: str, args: dict[str, object], code: str, text: str) -> None:
    with serving(tmp_path / "s") as it:
        with pytest.raises(RefusedError, match=text) as caught:
            it.client().call(command, **args)
        assert caught.value.code == code
        assert it.client().call("change") == {"changed": True}


@pytest.mark.parametrize("command", ["defect", "not json"])
def test_a_defect_in_a_handler_is_told_and_logged_and_no_more(
    tmp_path: Path, command: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It does not reach the loop, whose owner takes an unexpected exception for a reason to stop."""
    with serving(tmp_path / "s") as it:
        with pytest.raises(RefusedError, match="its log has the details"):
            it.client().call(command)
        assert it.client().call("change") == {"changed": True}
        assert it.defects == []
    (record,) = (record for record in caplog.records if record.levelname == "CRITICAL")
    assert command in record.getMessage()
    assert record.exc_info is not None


def test_one_connection_serves_many_requests_in_order(tmp_path: Path) -> None:
    with serving(tmp_path / "s") as it, it.connect() as connection:
        connection.sendall(b"".join(encode_request(Request(n, "echo", {"n": n})) for n in range(200)))
        replies = [json.loads(read_line(connection)) for _ in range(200)]
    assert [reply["id"] for reply in replies] == list(range(200))
    assert [reply["result"]["args"]["n"] for reply in replies] == list(range(200))


def test_a_client_that_ends_its_side_first_still_gets_its_answers(tmp_path: Path) -> None:
    with serving(tmp_path / "s") as it, it.connect() as connection:
        connection.sendall(encode_request(Request(1, "big")) + encode_request(Request("b", "echo")) + b'{"half":')
        connection.shutdown(socket.SHUT_WR)
        replies = [json.loads(read_line(connection)) for _ in range(2)]
        assert [reply["id"] for reply in replies] == [1, "b"]
        assert read_line(connection) == b""


def test_a_wrong_version_is_told_and_the_connection_goes_on(tmp_path: Path) -> None:
    with serving(tmp_path / "s") as it, it.connect() as connection:
        assert code_of(ask(connection, b'{"v":2,"id":1,"command":"echo"}\n')) == "unsupported_version"
        assert code_of(ask(connection, b"\x00\x01\x02\xff\n")) == "bad_request"
        assert ask(connection, b'{"v":1,"id":3,"command":"echo"}\r\n')["id"] == 3


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
@pytest.mark.parametrize(
    ("group", "extra", "read", "change"),
    [(12345, [], "ok", "forbidden"), (1, [12345], "ok", "forbidden"), (1, [1], "unreachable", "unreachable")],
)
def test_what_another_user_may(tmp_path: Path, group: int, extra: list[int], read: str, change: str) -> None:
    """By primary or supplementary group; a stranger does not even get in."""
    for directory in (tmp_path, *tmp_path.parents):
        if directory.stat().st_mode & 0o077 == 0:  # pytest keeps them to itself; /tmp stays as it is
            directory.chmod(0o755)
    with serving(tmp_path / "s", group=12345) as it:
        program = (
            "import socket, sys\n"
            "for command in ('echo', 'change'):\n"
            "    s = socket.socket(socket.AF_UNIX)\n"
            "    try: s.connect(sys.argv[1])\n"
            "    except PermissionError: print('unreachable'); continue\n"
            '    s.sendall(b\'{"v":1,"id":1,"command":"%s"}\\n\' % command.encode())\n'
            "    reply = s.makefile().readline()\n"
            "    print('ok' if '\"ok\":true' in reply else 'forbidden' if '\"forbidden\"' in reply else reply)\n"
        )
        done = subprocess.run(
            ["/usr/bin/python3", "-c", program, str(it.path)],
            user=12345 + 1,
            group=group,
            extra_groups=extra,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == [read, change]
        assert [name for name, _, _ in it.calls] == (["echo"] if read == "ok" else [])


def test_a_server_that_cannot_start_says_why_and_can_be_closed(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("in the way")
    with pytest.raises(ControlError, match="not a socket"), serving(tmp_path / "s"):
        pass
    ControlServer(tmp_path / "s", {}).close()


def test_close_drops_clients_and_may_come_twice(tmp_path: Path) -> None:
    with serving(tmp_path / "s") as it, it.connect() as idle, it.connect() as unread:
        ask(idle, encode_request(Request(1, "echo")))
        unread.sendall(encode_request(Request(1, "big", {"size": 3_000_000})))
        unread.recv(1)
        it.on_loop(it.server.close)
        assert idle.recv(1) == b""
        assert not it.path.exists()
        it.on_loop(it.server.close)


def test_a_command_may_close_the_server(tmp_path: Path) -> None:
    with serving(tmp_path / "s") as it, it.connect() as first, it.connect() as second:

        def stop(_args: Mapping[str, object], _caller: Caller) -> Mapping[str, object]:
            it.server.close()
            return {}

        it.server._commands = command_table(Command("stop", Access.CHANGE, stop, "Stop."))
        first.sendall(encode_request(Request(1, "stop")) * 3)
        with suppress(BrokenPipeError):  # the first one's may have been carried out already
            second.sendall(encode_request(Request(1, "stop")) * 3)
        assert ends(first)
        assert ends(second)
        assert it.defects == []


def test_what_changes_something_is_logged_with_what_was_asked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "vrrpd.control")
    with serving(tmp_path / "s") as it:
        commands = (Command(name, Access.CHANGE, lambda _args, _caller: {}, "It.") for name in ("stop", "leave"))
        it.server._commands = command_table(*commands)
        it.client().call("stop", instance="VI_1\n", on=True, other=None, more=[1])
        it.client().call("leave")
        it.client().call("stop", instance="x" * 1000)
    stop, leave, long = (record.getMessage() for record in caplog.records)
    assert stop.startswith("stop asked for by pid ")
    assert stop.endswith(': {"instance": "VI_1\\n", "on": true}')
    assert leave.startswith("leave asked for by pid ")
    assert "{" not in leave
    assert len(long) < 300


def test_two_commands_of_one_name_are_a_defect() -> None:
    command = Command("a", Access.READ, lambda _args, _caller: {}, "A.")
    with pytest.raises(ValueError, match="two commands named a"):
        command_table(command, command)


def test_nothing_stays_open(tmp_path: Path) -> None:
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = count()
    with serving(tmp_path / "s") as it:
        it.client().call("echo")
        it.connect().close()
    assert count() == before
