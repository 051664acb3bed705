"""Every system call: sockets, netlink, timers, programs. Nothing here knows the election or the configuration."""
