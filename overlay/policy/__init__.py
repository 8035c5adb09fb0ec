"""Who may call whom: access policies of agents and the border policy of a domain. Pure."""
