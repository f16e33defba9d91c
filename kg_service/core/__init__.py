"""The pure core: hierarchy, DDx graph, resolver, answer and reward. No I/O, no clock, no randomness of its own."""
