"""Run the scripted server: ``python -m tests.smtp_server --script FILE --record FILE``; it prints its port."""

import argparse
import asyncio
import ssl
from pathlib import Path

from tests.smtp_server.record import Recorder
from tests.smtp_server.script import Performance, Script
from tests.smtp_server.server import Server


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.smtp_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--script", type=Path, required=True, help="JSON; read again whenever it changes")
    parser.add_argument("--record", type=Path, required=True, help="one JSON line an event")
    parser.add_argument("--tls", choices=["none", "starttls", "tls"], default="none")
    parser.add_argument("--cert", type=Path)
    parser.add_argument("--key", type=Path)
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--token-key", default="", help="XOAUTH2 takes the tokens that this key signed")
    return parser.parse_args()


async def run(options: argparse.Namespace) -> None:
    if not options.script.exists():
        Script().write(options.script)
    context = None
    if options.tls != "none":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.cert, options.key)
    server = Server(
        performance=Performance(options.script),
        recorder=Recorder(options.record),
        context=context,
        implicit_tls=options.tls == "tls",
        user=options.user,
        password=options.password,
        token_key=options.token_key,
    )
    listening = await asyncio.start_server(
        server.serve, "127.0.0.1", options.port, limit=2**20, ssl=context if options.tls == "tls" else None
    )
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(run(parse()))
