"""Configurations for tests, read as an operator's file would be."""

from vrrpd.config.load import read_config
from vrrpd.config.model import Config
from vrrpd.daemon.plan import InstancePlan, plan_instance


def config_of(text: str) -> Config:
    config, diagnostics = read_config(text, "test.toml")
    assert config is not None, "\n".join(str(item) for item in diagnostics)
    return config


def plans_of(text: str) -> tuple[InstancePlan, ...]:
    config = config_of(text)
    return tuple(plan_instance(instance, config.global_defs) for instance in config.vrrp_instances)
