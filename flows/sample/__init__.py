"""Invented data for the demonstration and the tests: nobody in it exists."""
