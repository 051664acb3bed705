"""The demonstration: two load balancer nodes with HAProxy, five things that go wrong, and who answers meanwhile."""
