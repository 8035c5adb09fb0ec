"""Agents that do not exist, and what people might ask of them: for measuring at any size."""
