import difflib
from dataclasses import replace
from pathlib import Path

import pytest

from netns.demo.configs import EXAMPLES, FIRST, KEEPALIVED, TOML, configs, first_node, read, second_node
from netns.demo.promises import UnusableConfigError
from vrrpd.config.model import Config


def settings(config: Config) -> object:
    """What is asked for, wherever it stands in the file."""
    return (
        [replace(script, origins={}) for script in config.vrrp_scripts],
        [replace(instance, origins={}) for instance in config.vrrp_instances],
    )


def test_both_languages_ask_for_the_same() -> None:
    assert settings(read(FIRST[TOML])) == settings(read(FIRST[KEEPALIVED]))


@pytest.mark.parametrize("language", [TOML, KEEPALIVED])
def test_the_second_node_is_the_example_of_a_backup(language: str, tmp_path: Path) -> None:
    first, second = configs(language, None, tmp_path)
    assert first == FIRST[language]
    assert settings(read(second)) == settings(read(EXAMPLES / "vi1-backup.toml"))


@pytest.mark.parametrize("language", [TOML, KEEPALIVED])
def test_the_second_node_differs_in_state_priority_and_interface_only(language: str) -> None:
    text = (
        FIRST[language].read_text().replace("eth0", "ens192", 1) if language == KEEPALIVED else FIRST[TOML].read_text()
    )
    lines = difflib.ndiff(text.splitlines(), second_node(text).splitlines())
    changed = [line[2:].split()[0] for line in lines if line.startswith("+ ")]
    assert changed == (["state", "interface", "priority"] if language == KEEPALIVED else ["state", "priority"])


def test_a_file_in_another_language_than_asked_for_is_refused() -> None:
    with pytest.raises(UnusableConfigError, match="not in the language"):
        first_node(KEEPALIVED, FIRST[TOML])
    with pytest.raises(UnusableConfigError, match="not in the language"):
        first_node(TOML, FIRST[KEEPALIVED])


def test_a_file_for_another_interface_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.conf"
    file.write_text(FIRST[KEEPALIVED].read_text().replace("interface eth0", "interface ens192"))
    with pytest.raises(UnusableConfigError, match="the interface eth0 only"):
        first_node(KEEPALIVED, file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableConfigError, match="cannot read"):
        first_node(TOML, tmp_path / "none.toml")
