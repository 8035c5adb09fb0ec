"""Live streams: audio, video, telemetry; what is late is dropped (AG-8)."""
