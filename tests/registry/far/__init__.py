"""Tests of far domains in the registry."""
