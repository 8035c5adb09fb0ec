"""What peers are told of our agents, and what we learn of theirs."""
