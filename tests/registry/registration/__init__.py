"""Tests of overlay/registry/registration."""
