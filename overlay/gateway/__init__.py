"""What is asked of a domain's gateway, and how: the gateway itself is `bridges`."""
