"""In-memory twins of the ports and builders, for tests of this project and of programs that use it."""
