"""Names, subjects and mailboxes: who is addressed, and where on the broker that is. Pure."""
