"""Printing: which documents go on paper, the one file that holds them, and the dates of their printing."""

from tasks.printing.batch import Outcome, What
from tasks.printing.invoices import print_letters
from tasks.printing.once import print_again
from tasks.printing.reminders import print_reminders

__all__ = ["Outcome", "What", "print_again", "print_letters", "print_reminders"]
