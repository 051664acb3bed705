"""Every keyword, in every language, comes back from every other one as it was."""

import re
from collections.abc import Callable, Mapping

import pytest

from tests.config.findings import read
from tests.config.keepalived.samples import SEEDS
from tests.config.test_keywords import COMPANIONS, IDENTITIES, KEYWORDS, block_text
from vrrpd.config.diagnostics import Diagnostic
from vrrpd.config.effects import pending
from vrrpd.config.json_language import read_json, render_json
from vrrpd.config.keepalived.context import ReadContext
from vrrpd.config.keepalived.load import read_keepalived
from vrrpd.config.keepalived.render import render_keepalived
from vrrpd.config.keywords import Keyword
from vrrpd.config.model import Config
from vrrpd.config.toml import read as read_toml
from vrrpd.config.toml_writer import render_toml


def _read_keepalived(text: str, file: str) -> tuple[Config | None, tuple[Diagnostic, ...]]:
    config, diagnostics, _ = read_keepalived(text, file, ReadContext())
    return config, diagnostics


LANGUAGES: Mapping[str, tuple[Callable[[Config], str], Callable[[str, str], tuple[Config | None, object]]]] = {
    "toml": (render_toml, read_toml),
    "json": (render_json, read_json),
    "keepalived": (render_keepalived, _read_keepalived),
}
STRICT = "lower_prio_no_advert = true\nowner_ignore_adverts = true"
BESIDE = {"vrrp_strict": re.sub("(?m)^", "vrrp_", STRICT), "strict_mode": STRICT}
"""What strict mode brings with it."""


def through(config: Config, language: str) -> Config:
    write, read_again = LANGUAGES[language]
    text = write(config)
    again, diagnostics = read_again(text, f"x.{language}")
    assert again is not None, f"{text}\n{diagnostics}"
    return again


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "keyword"), KEYWORDS, ids=IDENTITIES)
def test_the_example_of_each_keyword(kind: str, keyword: Keyword, language: str) -> None:
    beside = {**COMPANIONS, **BESIDE}.get(keyword.name, "")
    config = read(block_text(kind, f"{keyword.name} = {keyword.example}\n{beside}"))
    if language == "keepalived" and keyword.ours and keyword.name != "reverse":
        # It has no word for it, so that it says it in a comment.
        assert f"# {keyword.name} " in render_keepalived(config)
        config = read(block_text(kind, beside))
    assert through(config, language) == config


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", range(len(SEEDS)))
def test_samples_in_keepalived_s_language(number: int, language: str) -> None:
    config, diagnostics = _read_keepalived(SEEDS[number], "keepalived.conf")
    if config is None:
        pytest.skip("it is one that is refused")
    assert through(config, language) == config, diagnostics


UNICAST = """vrrp_instance A {
    virtual_router_id 1
    unicast_src_ip 10.0.0.1
    unicast_peer {
        10.0.0.2
    }
    virtual_ipaddress {
        10.0.0.9
    }
}
"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_instance_without_interface(language: str) -> None:
    config, _ = _read_keepalived(UNICAST, "keepalived.conf")
    assert config is not None
    assert through(config, language) == config
    assert pending(config) == ()
