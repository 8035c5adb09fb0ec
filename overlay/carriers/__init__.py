"""The same messages over other carriers and in other forms: HTTP, JSON-RPC (AG-9)."""
