"""Where the registry's state lies: one contract, SQLite for one process, JetStream key-value for several."""
