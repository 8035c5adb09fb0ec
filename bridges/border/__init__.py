"""Who is attached, and who is let over the border."""
