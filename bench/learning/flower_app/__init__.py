"""The same federation as a Flower app: the clients of a race that our simulation has already run."""
