"""What an agent says of itself, as documents: JSON-LD, A2A agent cards, text (REG-13; decision 18)."""
