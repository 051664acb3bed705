"""What is done to a network of nodes: steps, one after the other, the same on either side."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from netns.comparison.departures import Departure

GROUP: Final = "224.0.0.18"


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float


@dataclass(frozen=True, slots=True)
class Await:
    """Until the node advertises that virtual router the next time: what comes then meets both sides in one phase."""

    node: str
    vrid: int = 51


@dataclass(frozen=True, slots=True)
class Start:
    """Start the daemons at once; over when each has told its first state, or has ended.

    Which of them is the first differs from run to run: where it matters who becomes master first, start that one first.
    """

    nodes: tuple[str, ...]

    def __init__(self, *nodes: str) -> None:
        object.__setattr__(self, "nodes", nodes)


@dataclass(frozen=True, slots=True)
class Stop:
    """SIGTERM; not waited for."""

    node: str


@dataclass(frozen=True, slots=True)
class Kill:
    """SIGKILL to the daemon and its children; addresses stay."""

    node: str


@dataclass(frozen=True, slots=True)
class Reload:
    """SIGHUP, with another file when there is one."""

    node: str
    file: str | None = None


@dataclass(frozen=True, slots=True)
class WriteFile:
    """Replace a file of the host's directory (the result of a script, a tracked file); None removes it.

    ``in_place``: written and closed, not renamed.
    """

    node: str
    name: str
    text: str | None = ""
    in_place: bool = False


@dataclass(frozen=True, slots=True)
class Carrier:
    """Pull or plug the cable."""

    node: str
    up: bool


@dataclass(frozen=True, slots=True)
class Link:
    """``ip link set eth0 up|down``."""

    node: str
    up: bool


@dataclass(frozen=True, slots=True)
class Ip:
    """Lines of ``ip`` in the host's network namespace."""

    node: str
    commands: tuple[str, ...]

    def __init__(self, node: str, *commands: str) -> None:
        object.__setattr__(self, "node", node)
        object.__setattr__(self, "commands", commands)


@dataclass(frozen=True, slots=True)
class Isolate:
    """Nothing that the node sends arrives (``sending``), nothing reaches it (``hearing``); neither: all is well."""

    node: str
    sending: bool = True
    hearing: bool = True


@dataclass(frozen=True, slots=True)
class Run:
    """A program in the host, until ``End`` with the same name; ``{directory}`` and ``{process}`` as in files."""

    node: str
    name: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class End:
    """SIGKILL to a program that ``Run`` started."""

    node: str
    name: str


@dataclass(frozen=True, slots=True)
class Inject:
    """One advertisement that nobody's daemon sent; ``interval`` in seconds, ``password`` for VRRPv2.

    It leaves from the client, whatever its ``source`` says.
    """

    priority: int
    source: str = "192.168.1.201"
    destination: str = GROUP
    vrid: int = 51
    version: int = 3
    interval: float = 0.2
    addresses: tuple[str, ...] = ("192.168.1.100",)
    password: str | None = None
    ttl: int = 255


Step: TypeAlias = (
    Wait | Await | Start | Stop | Kill | Reload | WriteFile | Carrier | Link | Ip | Isolate | Run | End | Inject
)


def described(step: Step) -> str:
    """A step in a few words, as in "0.2 s after stop r1"."""
    if isinstance(step, Inject):
        return f"an advert with priority {step.priority} from {step.source}"
    if isinstance(step, Wait):
        return f"wait {step.seconds:g} s"
    if isinstance(step, Await):
        return f"next advert of {step.node}"
    if isinstance(step, Start):
        return f"start {' '.join(step.nodes)}"
    if isinstance(step, WriteFile):
        return f"{'write' if step.text is not None else 'remove'} {step.name} on {step.node}"
    if isinstance(step, Carrier | Link):
        return f"{type(step).__name__.lower()} of {step.node} {'up' if step.up else 'down'}"
    if isinstance(step, Ip):
        return f"ip {'; '.join(step.commands)} on {step.node}"
    if isinstance(step, Run | End):
        return f"{type(step).__name__.lower()} {step.name} on {step.node}"
    return f"{type(step).__name__.lower()} {step.node}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One file per node, one list of steps, and the keywords that are shown to do the same under both daemons.

    ``programs`` are shell scripts in every host's directory (name, body); ``pipe_in_order``: the lines of a node's
    FIFO are compared as one sequence, else those of each instance and group by themselves. ``departures``: where vrrpd
    differs on purpose, each with its reason; each has to be seen. ``outside``: the daemons are started in the machine's
    own namespaces, where the kernel tells of processes, and enter the host's network by themselves (-s).
    """

    name: str
    summary: str
    keywords: tuple[str, ...]
    files: Mapping[str, str]
    work: tuple[Step, ...]
    departures: tuple[Departure, ...] = ()
    outside: bool = False
    programs: Mapping[str, str] = field(default_factory=dict)
    pipe_in_order: bool = True
