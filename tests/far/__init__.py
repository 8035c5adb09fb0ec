"""Tests with domains that are no peers of each other."""
