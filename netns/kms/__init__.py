"""The whole protected system in a lab: clients, virtual address, load balancers, KMS nodes and their database."""
