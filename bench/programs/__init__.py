"""What the agent is compared with: small programs, each measured in a process of its own."""
