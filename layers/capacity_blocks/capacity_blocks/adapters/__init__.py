"""AWS behind the ports: one class for each service, which speaks core types and decides nothing."""
