"""Numbers from the kernel's headers that Python's modules do not have, or not in every version."""

from typing import Final

IPPROTO_VRRP: Final = 112

# include/uapi/asm-generic/socket.h (x86, ARM, RISC-V, POWER, s390)
SO_ATTACH_FILTER: Final = 26
SO_SNDBUFFORCE: Final = 32
SO_RCVBUFFORCE: Final = 33

# include/uapi/linux/in.h
IP_MTU_DISCOVER: Final = 10
IP_PMTUDISC_DONT: Final = 0
IP_TRANSPARENT: Final = 19
IP_MULTICAST_ALL: Final = 49

# include/uapi/linux/in6.h
IPV6_MULTICAST_ALL: Final = 29
IPV6_TRANSPARENT: Final = 75

# include/uapi/linux/pkt_sched.h, include/uapi/linux/ip.h
TC_PRIO_CONTROL: Final = 7
TC_PRIO_INTERACTIVE: Final = 6
IPTOS_INTERNETCONTROL: Final = 0xC0

# include/uapi/linux/netlink.h
NETLINK_CONNECTOR: Final = 11
NETLINK_ADD_MEMBERSHIP: Final = 1
NETLINK_DROP_MEMBERSHIP: Final = 2
NLMSG_DONE: Final = 3
NETLINK_CAP_ACK: Final = 10
NETLINK_EXT_ACK: Final = 11
SOL_NETLINK: Final = 270
NLM_F_CAPPED: Final = 0x100
NLM_F_ACK_TLVS: Final = 0x200
NLMSGERR_ATTR_MSG: Final = 1

# include/uapi/linux/if_link.h, if_addr.h, if.h
IFF_UP: Final = 0x1
IFF_RUNNING: Final = 0x40
IFF_NOARP: Final = 0x80
IFF_MULTICAST: Final = 0x1000

# include/linux/proc_ns.h: the numbers of the namespaces that the machine began with
PROC_USER_INIT_INO: Final = 0xEFFFFFFD
PROC_PID_INIT_INO: Final = 0xEFFFFFFC

# include/uapi/linux/connector.h, cn_proc.h
CN_IDX_PROC: Final = 1
CN_VAL_PROC: Final = 1
PROC_CN_MCAST_LISTEN: Final = 1
PROC_CN_MCAST_IGNORE: Final = 2
PROC_EVENT_NONE: Final = 0
PROC_EVENT_FORK: Final = 0x1
PROC_EVENT_EXEC: Final = 0x2
PROC_EVENT_COMM: Final = 0x200
PROC_EVENT_EXIT: Final = 0x80000000
