"""Tests of overlay/registry/approval."""
