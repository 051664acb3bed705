"""What is written is read again as the same configuration, in every language."""

from hypothesis import HealthCheck, given, settings

from tests.config.strategies import configs
from vrrpd.config.diagnostics import Diagnostic
from vrrpd.config.json_language import read_json, render_json
from vrrpd.config.keepalived.context import ReadContext
from vrrpd.config.keepalived.load import read_keepalived
from vrrpd.config.keepalived.render import InexpressibleError, render_keepalived
from vrrpd.config.model import Config
from vrrpd.config.toml import read
from vrrpd.config.toml_writer import render_toml

WHOLE = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def _said(text: str, diagnostics: tuple[Diagnostic, ...]) -> str:
    return "\n".join([text, *(str(item) for item in diagnostics)])


@WHOLE
@given(configs())
def test_toml(config: Config) -> None:
    text = render_toml(config)
    again, diagnostics = read(text, "x.toml")
    assert again == config, _said(text, diagnostics)
    assert again is not None
    assert render_toml(again) == text


@WHOLE
@given(configs())
def test_json(config: Config) -> None:
    text = render_json(config)
    again, diagnostics = read_json(text, "x.json")
    assert again == config, _said(text, diagnostics)


@WHOLE
@given(configs(ours=False))
def test_keepalived(config: Config) -> None:
    try:
        text = render_keepalived(config)
    except InexpressibleError:
        return
    again, diagnostics, _ = read_keepalived(text, "x.conf", ReadContext())
    assert again == config, _said(text, diagnostics)
