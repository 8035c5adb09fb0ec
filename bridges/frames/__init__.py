"""What goes over a link: items, batches, windows."""
