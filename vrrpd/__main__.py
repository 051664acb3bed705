"""``python -m vrrpd``."""

from vrrpd.cli.main import main

main()
