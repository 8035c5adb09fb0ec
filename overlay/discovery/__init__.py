"""Finding by meaning: from a sentence to those who say that they can help (REG-5)."""
