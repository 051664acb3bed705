"""The lab: hosts in network namespaces on one bridge, for VRRP daemons to be tried out in.

Every packet stays in namespaces that the lab makes and removes. Needs root and Linux; not installed with vrrpd.
"""
