"""Tests that take minutes: `python -m pytest slow_tests`."""
