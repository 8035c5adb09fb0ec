"""One process of one party: what it sends is sealed, what it handles is proved.

`Endpoint` puts the parts together; each part is one noun and knows as little of the others as it can.
"""
