"""Which of Prefect's two UIs is served, and one fault of it that is mended."""

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


# Prefect 3.8.8 binds a list's listeners to its button and to the frame around it: one click opens and closes the list.
_LISTS = """<script>
document.addEventListener("click", event => {
  const button = event.target.closest?.(".p-select-button__control")
  if (button && !button.dataset.once) {
    button.dataset.once = "yes"
    button.addEventListener("click", click => click.stopPropagation())
  }
}, true)
</script>
</head>"""


def let_lists_open(prefect_home: Path) -> None:
    """Let a click open the lists of the forms. The server has laid its UI out when it answers."""
    page = prefect_home / "ui" / "v1" / "index.html"
    if not page.is_file():  # another version of Prefect lays it out elsewhere: its lists open with the arrow key
        return
    found = page.read_text(encoding="utf-8")
    if "button.dataset.once" not in found:
        page.write_text(found.replace("</head>", _LISTS, 1), encoding="utf-8")
