"""The press: invoices are drawn in a process of its own, beside the one that sends.

Drawing is the one long computation of a mail. In the process that sends, it would hold up every other thread: a
relay's answer waits for the interpreter's lock.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Self

from models.values.paper import InvoicePaper
from tasks.documents.invoice_pdf import invoice_pdf

FEW = 30  # documents for which a process is not worth its start


class Press:
    """Draws invoices; ``beside``: in a process of its own, which starts with the first one and ends with the run."""

    def __init__(self, *, beside: bool = False) -> None:
        # Not forked: the threads of the sending process would be copied in the middle of what they do.
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, mp_context=context) if beside else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def draw(self, paper: InvoicePaper) -> bytes:
        """The invoice as a PDF; the same bytes wherever it is drawn. Any thread may call it."""
        if self._pool is not None:
            try:
                return self._pool.submit(invoice_pdf, paper).result()
            except BrokenProcessPool:  # somebody killed it: the run goes on more slowly
                self._pool = None
        return invoice_pdf(paper)

    def close(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
