"""The domain's roots and its own certificates through the years: news, renewal, rollover (CA-5)."""
