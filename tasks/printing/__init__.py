"""Printing: which documents go on paper, the one file that holds them, and the dates of their printing."""
