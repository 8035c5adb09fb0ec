"""Finding: questions, index, pages, sight, limits."""
