"""Which of Prefect's two UIs is served."""

from __future__ import annotations

from pathlib import Path


def only_the_first_ui(prefect_home: Path) -> Path:
    """The folder that the server serves its UI from, made so that it has the first one (V1) alone.

    The second one (V2) has every browser ask amplitude.com for its settings, whatever analytics is set to, and a banner
    in the first invites everybody to it. Prefect 3.8 has no setting that leaves it out; but it does without a UI whose
    files it cannot lay out, and a link that leads nowhere in their place sees to that.
    """
    folder = prefect_home / "ui"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    left_out = folder / "v2"
    if not left_out.is_symlink():
        left_out.symlink_to("left-out")
    return folder
