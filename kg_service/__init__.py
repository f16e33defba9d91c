"""Skin-R1's knowledge: the dermatology hierarchy, the DDx graph, and the service that keeps them."""
