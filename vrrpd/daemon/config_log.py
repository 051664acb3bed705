"""The configuration as it was understood, as lines in the log (keepalived's ``--dump-conf``)."""

import logging
from dataclasses import replace

from vrrpd.config.keepalived.render import InexpressibleError, render_keepalived
from vrrpd.config.model import Authentication, AuthHmac, Config, VrrpInstance
from vrrpd.config.toml_writer import render_toml

log = logging.getLogger("vrrpd")

_COVER = "********"


def log_config(config: Config) -> None:
    """In keepalived's language, or in TOML what that has no words for; defaults left out, secrets covered."""
    covered = replace(config, vrrp_instances=tuple(map(_covered, config.vrrp_instances)))
    try:
        text = render_keepalived(covered)
    except InexpressibleError:
        text = render_toml(covered)
    log.info("the configuration:")
    for line in text.splitlines():
        log.info("  %s", line)


def _covered(instance: VrrpInstance) -> VrrpInstance:
    return replace(
        instance, authentication=_password(instance.authentication), auth_hmac=_keys(instance.auth_hmac)
    )  # fmt: skip


def _password(authentication: Authentication | None) -> Authentication | None:
    return authentication and replace(authentication, password=_COVER)


def _keys(hmac: AuthHmac | None) -> AuthHmac | None:
    return hmac and replace(hmac, keys=tuple(replace(key, value=_COVER) for key in hmac.keys))
