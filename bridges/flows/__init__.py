"""What was decided for messages that are alike: the next ones do not take the whole way."""
