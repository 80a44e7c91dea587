"""``facteur``: the command line. Each command is one module, imported only when it is called."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from importlib import import_module
from typing import Any, NoReturn

from sqlalchemy.exc import OperationalError

from flows.cli.machine.refusal import CannotGoOnError
from settings.wrong import WrongSettingError

COMMANDS = {
    "up": ("up", "démarrer Facteur : serveur, déploiements, boîte d'essai, exécutant"),
    "demo": ("demo", "montrer factures, relances et courriers sur des données inventées, sans rien envoyer au dehors"),
    "migrate": ("migrate", "mettre la base de données à jour"),
    "import": ("import_folder", "importer les données exportées par le logiciel de facturation"),
    "sample": ("sample", "écrire les données inventées dans un dossier"),
    "check": ("check", "vérifier tout ce dont un envoi a besoin, sans rien envoyer"),
    "status": ("status", "dire où en est chaque facture d'une période, ou chaque facture échue"),
    "message": ("message", "écrire dans un fichier le message exact d'un envoi"),
    "run": ("run", "lancer un traitement sans l'écran"),
    "automations": ("automations", "mettre en place les automatisations qui préviennent l'exploitant"),
}
INTERRUPTED = 130

_signals: list[int] = []


def main(words: list[str] | None = None) -> int:
    """Run one command; its exit code: 0 done, 1 refused or failed, 2 wrong options or settings, 130 interrupted."""
    words = sys.argv[1:] if words is None else words
    os.umask(0o077)  # what a run writes tells who lives in which home
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, _interrupt)
    try:
        arguments = _parser(words).parse_args(words)
        return int(import_module(f"flows.cli.commands.{COMMANDS[arguments.command][0]}").run(arguments))
    except WrongSettingError as error:
        print(error, file=sys.stderr)
        return 2
    except CannotGoOnError as error:
        print(error, file=sys.stderr)
        return 1
    except OperationalError as error:
        print(
            f"La base de données ne s'ouvre pas ({error.orig}) : vérifiez FACTEUR_DATABASE_URL ou FACTEUR_VAR.",
            file=sys.stderr,
        )
        return 1
    except BrokenPipeError:  # `facteur status | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _interrupted(words)
    except Exception:
        if _signals:  # a library made an error of its own out of the interruption
            return _interrupted(words)
        raise


def _interrupted(words: list[str]) -> int:
    """Ctrl-C is the way to end ``facteur up``, and no failure of it."""
    if words[:1] != ["up"]:
        return INTERRUPTED
    print("Facteur est arrêté.", flush=True)
    # An interruption inside of exec() (a dataclass being made, say) stays noted in CPython, although it was caught,
    # until the next exec(): `python -m flows` would then end by SIGINT in place of its exit code.
    exec("")  # noqa: S102
    return 0


class _Parser(argparse.ArgumentParser):
    """Speaks French where argparse lets it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, add_help=False)
        self.add_argument("-h", "--help", action="help", help="montrer cette aide")

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"Commande mal écrite ({message}). Voir : {self.prog} --help\n")


def _parser(words: list[str]) -> argparse.ArgumentParser:
    parser = _Parser(prog="facteur", description="L'envoi des factures par e-mail, et leur suivi.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="commande", title="commandes")
    for name, (module, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if words[:1] == [name]:  # only the command that is called is imported: Prefect takes seconds
            import_module(f"flows.cli.commands.{module}").add_arguments(command)
    return parser


def _interrupt(number: int, _frame: object) -> NoReturn:
    _signals.append(number)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
