"""What an operator may ask of instances: to hand over once, and to stay out until told otherwise."""

from collections.abc import Callable, Iterable, Mapping

from vrrpd.control.commands import Access, Caller, Command, CommandError
from vrrpd.control.protocol import ErrorCode
from vrrpd.core.effects import State
from vrrpd.core.events import Event, OperatorAction, OperatorRequest
from vrrpd.core.node import Node


class Operator:
    """``deliver`` tells the election."""

    def __init__(self, node: Node, deliver: Callable[[Iterable[tuple[str, Event]]], None]) -> None:
        self._node = node
        self._deliver = deliver

    @property
    def commands(self) -> tuple[Command, ...]:
        return (
            Command("switchover", Access.CHANGE, self._switchover, "Have another node take over an instance."),
            Command(
                "maintenance", Access.CHANGE, self._maintenance, "Keep instances out of the election, or let them."
            ),
        )

    def _switchover(self, args: Mapping[str, object], caller: Caller) -> Mapping[str, object]:
        name = args.get("instance")
        if not isinstance(name, str) or args.keys() != {"instance"}:
            raise CommandError(ErrorCode.BAD_ARGUMENTS, "takes one argument, instance, a name")
        self._known(name)
        router = self._node.router(name)
        if router.state is not State.MASTER:
            raise CommandError(
                ErrorCode.FAILED, f"{name} is {router.state.value} here, not MASTER: nothing to hand over"
            )
        hold = router.parameters.yield_hold
        self._deliver([(name, OperatorRequest(OperatorAction.STEP_DOWN, f"switchover ({caller})"))])
        members = next((group.members for group in self._node.groups.values() if name in group.members), (name,))
        return {"instances": list(members), "hold": hold}

    def _maintenance(self, args: Mapping[str, object], caller: Caller) -> Mapping[str, object]:
        name, wanted = args.get("instance"), args.get("on")
        if not isinstance(wanted, bool) or not isinstance(name, str | None) or args.keys() - {"on", "instance"}:
            raise CommandError(ErrorCode.BAD_ARGUMENTS, "takes on, true or false, and instance, a name")
        if name is not None:
            self._known(name)
        names = list(self._node.routers) if name is None else [name]
        action = OperatorAction.MAINTENANCE_ON if wanted else OperatorAction.MAINTENANCE_OFF
        self._deliver([(item, OperatorRequest(action, f"asked by {caller}" if wanted else "")) for item in names])
        return {"instances": [{"name": item, "state": self._node.router(item).state.value} for item in names]}

    def _known(self, name: str) -> None:
        if name not in self._node.routers:
            known = ", ".join(self._node.routers) or "none"
            raise CommandError(ErrorCode.BAD_ARGUMENTS, f"no instance is named {name}; there are: {known}")
