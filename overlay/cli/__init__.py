"""The program `overlay`: what operators and scripts use."""
