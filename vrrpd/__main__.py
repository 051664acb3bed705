"""``python -m vrrpd``."""

from vrrpd.cli.entry import main

main()
