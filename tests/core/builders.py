"""What the tests of the election share: addresses, adverts, and a virtual router with a clock that is moved by hand."""

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

from vrrpd.core.effects import Effect, NoticeKind, Reason, State, StateChanged
from vrrpd.core.effects import Notice as NoticeEffect
from vrrpd.core.events import (
    AddressLost,
    AdvertisementReceived,
    DeadlineReached,
    Event,
    Fault,
    FaultsChanged,
    LinkChanged,
    OperatorAction,
    OperatorRequest,
    ParametersReplaced,
    PrimaryAddressChanged,
    PriorityChanged,
    Startup,
)
from vrrpd.core.parameters import Parameters
from vrrpd.core.virtual_router import VirtualRouter
from vrrpd.proto.advertisement import Advertisement, ChecksumForm
from vrrpd.units import Address, Family, Instant, Priority, Seconds, Vrid
from vrrpd.view import PeerView, VirtualRouterView, view_of

VRID = Vrid(51)
LOWER = IPv4Address("192.168.1.1")
OURS = IPv4Address("192.168.1.2")
HIGHER = IPv4Address("192.168.1.10")  # as text it would sort before OURS
STRANGER = IPv4Address("192.168.1.77")
VIP = IPv4Address("192.168.1.100")
VIP_2 = IPv4Address("192.168.1.101")
VIP_3 = IPv4Address("192.168.1.102")
OURS_6 = IPv6Address("fe80::2")
VIP_6 = IPv6Address("fe80::100")

CHECK = Fault(Reason.TRACK_FAILED, "chk_haproxy")


def parameters(priority: int = 100, **changes: object) -> Parameters:
    """VRRPv2 over IPv4, VRID 51, one address, advert_int 1, with ``changes``."""
    plain = Parameters(VRID, base_priority=Priority(priority), addresses=(VIP,))
    return replace(plain, **changes)  # type: ignore[arg-type]  # tests name the fields, dataclasses checks them


def version_3(priority: int = 100, interval: float = 1.0, **changes: object) -> Parameters:
    return replace(parameters(priority, **changes), version=3, advert_interval=Seconds(interval))


def ipv6(priority: int = 100) -> Parameters:
    return replace(version_3(priority), family=Family.IPV6, addresses=(VIP_6,))


def advert(
    priority: int, interval: float = 1.0, addresses: Iterable[Address] = (VIP,), version: int = 2
) -> Advertisement:
    return Advertisement(version, VRID, Priority(priority), Seconds(interval), tuple(addresses))


def heard_last(address: Address, priority: Priority, at: Instant, interval: float = 1.0) -> PeerView:
    return PeerView(address, priority, Seconds(interval), at, ChecksumForm.PSEUDO_HEADER)


class Story:
    """One virtual router, and the clock it is told about."""

    def __init__(self, settings: Parameters | None = None, *, name: str = "VI_1", now: float = 0.0) -> None:
        self.settings = settings or parameters()
        self.router = VirtualRouter(name, self.settings)
        self.now = Instant(now)

    def set_scene(self, source: Address | None = None) -> "Story":
        """Link and source address, as the shell finds them before it starts the election."""
        usual = OURS if self.settings.family is Family.IPV4 else OURS_6
        self.tell(PrimaryAddressChanged(source or usual))
        self.tell(LinkChanged(up=True))
        return self

    @property
    def state(self) -> State:
        return self.router.state

    def is_in(self, state: State) -> bool:
        return self.state is state

    @property
    def view(self) -> VirtualRouterView:
        return view_of(self.router, self.now)

    def timer(self, name: str) -> float | None:
        """Seconds until the timer of that name, to a nanosecond; None when it does not run."""
        left = self.view.timers.get(name)
        return None if left is None else round(left, 9)

    def at(self, instant: float) -> "Story":
        self.now = Instant(instant)
        return self

    def wait(self, seconds: float) -> "Story":
        """Time passes, and nothing is delivered."""
        return self.at(self.now + seconds)

    def tell(self, event: Event) -> tuple[Effect, ...]:
        return self.router.handle(event, self.now)

    def hear(
        self, priority: int, source: Address = LOWER, interval: float | None = None, addresses: Iterable[Address] = ()
    ) -> tuple[Effect, ...]:
        """An advert; interval and addresses are ours unless given."""
        message = advert(
            priority,
            self.router.parameters.advert_interval if interval is None else interval,
            tuple(addresses) or self.router.parameters.addresses,
            self.router.parameters.version,
        )
        return self.tell(AdvertisementReceived(message, source))

    def ask(self, action: OperatorAction, detail: str = "") -> tuple[Effect, ...]:
        return self.tell(OperatorRequest(action, detail))

    def fail(self, *faults: Fault) -> tuple[Effect, ...]:
        return self.tell(FaultsChanged(frozenset(faults)))

    def reprioritize(self, priority: int) -> tuple[Effect, ...]:
        return self.tell(PriorityChanged(Priority(priority)))

    def lose(self, address: Address = VIP, culprit: str = "") -> tuple[Effect, ...]:
        return self.tell(AddressLost(address, culprit))

    def bounce_link(self) -> None:
        self.tell(LinkChanged(up=False, detail="eth0 has no carrier"))
        self.tell(LinkChanged(up=True))

    def reload(self, settings: Parameters) -> tuple[Effect, ...]:
        return self.tell(ParametersReplaced(settings, settings.base_priority))

    def until(self, instant: float) -> list[tuple[float, Effect]]:
        """Time passes up to and including ``instant``, deadlines delivered as they come; effects and their times."""
        done: list[tuple[float, Effect]] = []
        while (deadline := self.router.deadline) is not None and deadline <= instant:
            self.now = max(self.now, deadline)
            done += [(self.now, effect) for effect in self.tell(DeadlineReached())]
        self.at(instant)
        return done

    def next_deadline(self) -> tuple[Effect, ...]:
        """Let time pass to the next deadline, and deliver it."""
        deadline = self.router.deadline
        assert deadline is not None
        self.now = max(self.now, deadline)
        return self.tell(DeadlineReached())


def waiting_to_start(settings: Parameters | None = None, source: Address | None = None) -> Story:
    return Story(settings).set_scene(source)


def started(settings: Parameters | None = None, source: Address | None = None) -> Story:
    """Started at 0: BACKUP, or MASTER for an owner."""
    story = waiting_to_start(settings, source)
    story.tell(Startup())
    return story


def master(settings: Parameters | None = None, source: Address | None = None) -> Story:
    """MASTER since the moment the clock now shows."""
    story = started(settings, source)
    while not story.is_in(State.MASTER):
        story.next_deadline()
    return story


def changes(effects: Iterable[Effect]) -> list[StateChanged]:
    return [effect for effect in effects if isinstance(effect, StateChanged)]


def change(effects: Iterable[Effect]) -> StateChanged:
    """The one change of state among the effects."""
    (only,) = changes(effects)
    return only


def notices(effects: Iterable[Effect]) -> list[NoticeKind]:
    return [effect.kind for effect in effects if isinstance(effect, NoticeEffect)]


def words(effects: Iterable[Effect]) -> str:
    """What is said about no change of state, joined."""
    return "; ".join(effect.detail for effect in effects if isinstance(effect, NoticeEffect))


def of_type(kind: type[Effect], effects: Iterable[Effect]) -> list[Effect]:
    return [effect for effect in effects if isinstance(effect, kind)]
