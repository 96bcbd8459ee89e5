"""How the whole system is put on its feet: `make run` and what it needs."""
