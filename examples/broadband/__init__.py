"""What both broadband examples share: the simulated plant, the engineers, and who an agent is."""
