"""Content of every modality: files by reference, fetched in chunks (AG-8)."""
