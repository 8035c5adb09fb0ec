"""What words of other languages mean in English: our own dictionaries, and how they are used."""
