"""The same keepalived.conf and the same work under keepalived and under vrrpd, side by side, and what differs."""
