"""What words of other languages mean in English: our own small dictionaries, and how words are found in them."""
