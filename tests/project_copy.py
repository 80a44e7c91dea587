"""A copy of the project's code, for tests that change it and look what its own tools say."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]
PARTS = ("flows", "tasks", "models", "settings", "tests", "benchmarks", "pyproject.toml", "prefect.yaml")


def copy_project(folder: Path) -> Path:
    """Copy the code under ``folder``; where it lies."""
    copy = folder / "project"
    copy.mkdir()
    for part in PARTS:
        source = PROJECT / part
        if source.is_dir():
            shutil.copytree(source, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / part)
    return copy


def run_in(copy: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run one of the project's tools in the copy; both outputs are read."""
    tool = Path(sys.executable).with_name(command[0])
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [str(tool), *command[1:]], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
