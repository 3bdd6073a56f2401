"""What tests against the sandbox share: small stacks, targets and clients."""
