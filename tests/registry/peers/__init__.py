"""Tests of overlay/registry/peers."""
