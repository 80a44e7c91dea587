"""The guides: what they name is there, and what a person can run or set is in them."""

from __future__ import annotations

import argparse
import re
import shlex
import struct
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from pydantic import BaseModel

from flows.cli.__main__ import COMMANDS
from settings.load import Settings

PROJECT = Path(__file__).parents[2]
DOCS = PROJECT / "docs"
PAGES = sorted([*PROJECT.glob("*.md"), *DOCS.rglob("*.md")])
GUIDES = (DOCS / "guide.md", DOCS / "exploitation.md")
WIDEST = 1400

# Words with hyphens between backticks that are no deployment; nor is a block, smtp-….
NO_DEPLOYMENT = {"e-mail", "facteur-up"}


def by_name(page: Path) -> str:
    return str(page.relative_to(PROJECT))


def code_of(text: str) -> Iterator[str]:
    """Each line of a fenced block, and each piece between backticks."""
    outside = []
    for number, part in enumerate(re.split(r"^```.*$", text, flags=re.MULTILINE)):
        if number % 2:
            yield from part.splitlines()
        else:
            outside.append(part)
    yield from re.findall(r"`([^`\n]+)`", "\n".join(outside))


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page, and those that it sets itself."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return slugs | set(re.findall(r'<a id="([^"]+)">', text))


def commands_of(text: str) -> Iterator[list[str]]:
    """The words after ``facteur`` wherever the code of a page runs it.

    What is optional is taken as given; a word in capitals stands for any value, a number too.
    """
    for line in code_of(text):
        for rest in re.findall(r"(?:^|[;&] *|bin/)facteur ([a-z][^;&|#]*)", line):
            yield ["1" if word.isupper() else word for word in shlex.split(re.sub(r"[\[\]]", "", rest))]


def settings_of(model: type[BaseModel], prefix: str = "FACTEUR_") -> Iterator[str]:
    for name, field in model.model_fields.items():
        group = field.annotation
        if isinstance(group, type) and issubclass(group, BaseModel):
            yield from settings_of(group, f"{prefix}{name.upper()}__")
        else:
            yield prefix + name.upper()


def deployments() -> set[str]:
    """The flow names in prefect.yaml, which the screen shows under each deployment."""
    found = set()
    for deployment in yaml.safe_load((PROJECT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]:
        file, _, function = deployment["entrypoint"].partition(":")
        flow = getattr(import_module(file.removesuffix(".py").replace("/", ".")), function)
        found.add(flow.name)
    return found


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_what_a_page_links_to_exists(page: Path) -> None:
    """Each file, each picture, and each heading of a page."""
    missing = []
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = unquote(target).partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            missing.append(target)
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_a_command_is_written_as_it_is_taken(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command exists, and takes the options and arguments that stand with it."""
    refused = []
    for words in commands_of(page.read_text(encoding="utf-8")):
        name, *rest = words
        if name not in COMMANDS:
            refused.append(f"facteur {name}")
            continue
        if not rest:
            continue
        parser = argparse.ArgumentParser(prog=f"facteur {name}")
        import_module(f"flows.cli.commands.{COMMANDS[name][0]}").add_arguments(parser)
        try:
            parser.parse_args(rest)
        except SystemExit:
            refused.append(f"facteur {shlex.join(words)}: {capsys.readouterr().err.splitlines()[-1]}")
    assert refused == []


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_a_make_target_that_is_named_exists(page: Path) -> None:
    """``make demo`` is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    named = {
        target
        for line in code_of(page.read_text(encoding="utf-8"))
        for target in re.findall(r"(?:^|\s)make ([a-z-]+)", line)
    }
    assert named <= targets


@pytest.mark.parametrize("page", [PROJECT / "README.md", *DOCS.glob("*.md")], ids=by_name)
def test_a_deployment_that_is_named_exists(page: Path) -> None:
    """A word with hyphens between backticks, or in a command that starts a run, is a deployment of prefect.yaml."""
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"`(?!smtp-)([a-z]+(?:-[a-z]+)+)`", text)) - NO_DEPLOYMENT
    named |= set(re.findall(r"deployment run ([a-z-]+)/facteur", text))
    assert named - deployments() == set()


def test_the_guides_name_every_deployment() -> None:
    """What a person can start is in one of the two guides; what starts by itself is too."""
    text = "\n".join(guide.read_text(encoding="utf-8") for guide in GUIDES)
    assert {name for name in deployments() if f"`{name}`" not in text} == set()


def test_the_runbook_names_every_command() -> None:
    """But for what shows or invents data."""
    named = {words[0] for words in commands_of((DOCS / "exploitation.md").read_text(encoding="utf-8"))}
    assert set(COMMANDS) - {"demo", "sample"} <= named


@pytest.mark.parametrize("page", PAGES, ids=by_name)
def test_a_variable_that_is_named_is_a_setting(page: Path) -> None:
    """Or the beginning of a group of settings."""
    known = set(settings_of(Settings))
    named = set(re.findall(r"FACTEUR_[A-Z][A-Z_]*[A-Z]", page.read_text(encoding="utf-8")))
    assert {name for name in named if name not in known and not any(k.startswith(f"{name}__") for k in known)} == set()


def test_the_pictures_are_shown_fit_a_page_and_can_be_taken_again() -> None:
    """Each is on some page, at most 1,400 pixels wide, and one of those that ``make pictures`` takes."""
    shown = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    taken = (DOCS / "take_pictures.py").read_text(encoding="utf-8")
    pictures = sorted((DOCS / "images").glob("*.png"))
    assert pictures
    for picture in pictures:
        (width,) = struct.unpack(">I", picture.read_bytes()[16:20])
        assert width <= WIDEST, f"{picture.name}: {width} px"
        assert f"images/{picture.name})" in shown, f"{picture.name} is on no page"
        assert f'"{picture.stem}"' in taken, f"{picture.name} is not taken by docs/take_pictures.py"
