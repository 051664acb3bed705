"""Steps that comparisons of trackers and of groups share: what is tracked fails and recovers."""

from typing import Final

from netns.comparison.work import Ip, Start, Step, Stop, Wait, WriteFile

BEGIN: Final[tuple[Step, ...]] = (Start("r2"), Wait(1.3), Start("r1"), Wait(2.5))
END: Final[tuple[Step, ...]] = (Stop("r2"), Wait(1.3), Stop("r1"), Wait(1.3))
CARD: Final = Ip(
    "r1",
    "link add card0 type veth peer name card1",
    *(f"link set {card} {what}" for what in ("addrgenmode none", "up") for card in ("card0", "card1")),
)
CARD_DOWN: Final = Ip("r1", "link set card1 down")
CARD_UP: Final = Ip("r1", "link set card1 up")
OK: Final = WriteFile("r1", "ok")
NOT_OK: Final = WriteFile("r1", "ok", None)
CHECK: Final = {"check": "exec test -e {directory}/ok"}
