"""VRRP for Linux: a failover daemon that can take keepalived's place."""

__version__ = "0.1.0"
