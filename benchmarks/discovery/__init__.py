"""What a sentence means before it is searched: judged on data of one's own."""
